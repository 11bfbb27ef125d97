"""The framework, module by module as the lessons build it."""

from tinytorch.core.accuracy import *
from tinytorch.core.activations import *
from tinytorch.core.autograd import *
from tinytorch.core.layers import *
from tinytorch.core.losses import *
from tinytorch.core.optimizers import *
from tinytorch.core.tensor import *
from tinytorch.core.training import *

__all__ = [
    "FASTER", "FREED", "GRADIENTS", "INITIALISERS", "LEAST_LOG", "LEAST_SPREAD", "SGD", "TAME",
    "Z_95", "Adam", "AdamW", "Axis", "BinaryCrossEntropyLoss", "BinaryCrossEntropyOfProbabilities",
    "Block", "CategoricalCrossEntropyLoss", "Checkpoint", "CrossEntropyLoss", "DataLoader",
    "Dropout", "Flatten", "Freed", "History", "Layer", "Linear", "LogSoftmax", "Loss",
    "MeanSquaredError", "Operators", "Optimizer", "Origin", "Progress", "RMSProp", "ReLU",
    "Recording", "Sequential", "Sigmoid", "Snapshot", "Softmax", "Tanh", "Temperature", "Tensor",
    "TensorDataset", "Walk", "accuracy", "adam_step", "apply", "arrays_like", "averaged_ratio",
    "backward", "balanced_accuracy", "best_epoch", "binary_cross_entropy",
    "binary_cross_entropy_gradient", "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_gradient", "broadcast_shape", "categorical_cross_entropy",
    "categorical_cross_entropy_gradient", "check_probabilities", "checked_parameters",
    "chosen_gradient", "class_count", "class_indices", "clip_by_norm", "clip_gradient",
    "confidence_interval", "confusion_matrix", "cosine_with_warmup", "count_parameters",
    "cross_entropy", "cross_entropy_gradient", "decay", "descend", "divide_right_gradient",
    "elementwise", "evaluate", "expected_calibration_error", "f1_counts", "f1_score", "find_rule",
    "first_gradient", "fit", "fit_gradient", "fitting_targets", "fused_cross_entropy",
    "fused_cross_entropy_gradient", "generator_text", "generators_of", "getitem", "gradient_of",
    "gradients", "he_normal", "in_range", "initialiser", "input_gradients", "is_soft", "linear",
    "linear_bias_gradient", "linear_gradient", "linear_weight_gradient", "load_arrays",
    "load_checkpoint", "log_softmax", "log_softmax_gradient", "logsumexp", "majority_baseline",
    "matmul", "matmul_gradient", "matmul_right_gradient", "max_gradient", "mean", "mean_gradient",
    "momentum_step", "no_grad", "one_hot", "owned", "paired_classes", "power_gradient",
    "power_right_gradient", "precision", "precision_counts", "predicted_classes", "prepare",
    "recall", "recall_counts", "recording", "reduce_loss", "reduce_max", "reduce_mean",
    "reduce_sum", "reliability_bins", "relu", "relu_gradient", "reshape", "restore_generator",
    "rms_scale", "row_powers", "row_sums", "same_shape", "save_arrays", "save_checkpoint",
    "scored_batch", "select", "select_gradient", "should_stop", "sigmoid", "sigmoid_gradient",
    "softmax", "softmax_gradient", "split", "split_rows", "square_gradient", "squared_error",
    "squared_error_gradient", "step_decay", "sum_gradient", "tanh", "tanh_gradient",
    "target_classes", "target_rows", "to_array", "to_dot", "top_k_accuracy", "topological_order",
    "trace_cross_entropy", "train_epoch", "train_step", "transpose", "transpose_gradient",
    "unbiased", "unbroadcast", "walk_back", "weighted_targets", "whole_numbers", "xavier_uniform",
]
