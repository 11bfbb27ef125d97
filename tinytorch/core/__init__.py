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
    "FASTER", "FREED", "GRADIENTS", "INITIALISERS", "LATER", "LEAST_LOG", "LEAST_SPREAD", "LIGHT",
    "SGD", "TAME", "UNSLOPED", "Z_95", "Adam", "AdamW", "Axis", "BinaryCrossEntropyLoss",
    "BinaryCrossEntropyOfProbabilities", "Block", "Call", "CategoricalCrossEntropyLoss", "Changes",
    "Checkpoint", "CrossEntropyLoss", "DataLoader", "Dropout", "Flatten", "Freed", "History",
    "Layer", "Linear", "LogSoftmax", "Loss", "MeanSquaredError", "Methods", "Named", "Operators",
    "Optimizer", "Origin", "Progress", "RMSProp", "ReLU", "Recording", "Sequential", "Sigmoid",
    "Snapshot", "Softmax", "Tanh", "Temperature", "Tensor", "TensorDataset", "Walk", "accuracy",
    "adam_step", "apply", "arrays_like", "as_input", "averaged_ratio", "backward",
    "balanced_accuracy", "begin", "best_epoch", "binary_cross_entropy",
    "binary_cross_entropy_gradient", "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_gradient", "broadcast_shape", "cast",
    "categorical_cross_entropy", "categorical_cross_entropy_gradient", "changes", "check_option",
    "check_probabilities", "check_unchanged", "checked_parameters", "chosen_gradient",
    "class_count", "class_indices", "clip_by_norm", "clip_gradient", "compare",
    "confidence_interval", "confusion_matrix", "cosine_with_warmup", "count_parameters",
    "cross_entropy", "cross_entropy_gradient", "decay", "descend", "divide_right_gradient",
    "elementwise", "evaluate", "expected_calibration_error", "f1_counts", "f1_score", "find_rule",
    "first_gradient", "fit", "fit_gradient", "fitting_targets", "fixed", "found_in",
    "fused_cross_entropy", "fused_cross_entropy_gradient", "generator_text", "generators_of",
    "getitem", "gradient_of", "gradients", "grouped", "guard", "he_normal", "held", "hollow",
    "in_place", "in_range", "initialiser", "input_gradients", "is_soft", "kept", "later", "linear",
    "linear_bias_gradient", "linear_gradient", "linear_weight_gradient", "load_arrays",
    "load_checkpoint", "load_numbers", "log_softmax", "log_softmax_gradient", "logsumexp",
    "logsumexp_gradient", "majority_baseline", "matmul", "matmul_gradient", "matmul_right_gradient",
    "max_gradient", "mean", "mean_gradient", "method", "momentum_step", "named", "no_grad",
    "note_change", "numbers_of", "on_arrays", "one_hot", "operation", "owned", "owner_of",
    "paired_classes", "place_of", "places_needed", "places_read", "plain", "plain_index",
    "power_gradient", "power_right_gradient", "precision", "precision_counts", "predicted_classes",
    "prepare", "random_split", "recall", "recall_counts", "recording", "reduce_loss", "reduce_max",
    "reduce_mean", "reduce_sum", "registered", "reliability_bins", "relu", "relu_gradient",
    "remembered", "reshape", "restore_generator", "rms_scale", "row_powers", "row_sums", "rule_for",
    "same_shape", "save_arrays", "save_checkpoint", "scored_batch", "select", "select_gradient",
    "send", "should_stop", "sigmoid", "sigmoid_gradient", "softmax", "softmax_gradient", "sound",
    "split_rows", "square_gradient", "squared_error", "squared_error_gradient",
    "squared_error_target_gradient", "step_decay", "sum_gradient", "takes_one", "tanh",
    "tanh_gradient", "target_classes", "target_rows", "to_array", "to_dot", "told",
    "top_k_accuracy", "topological_order", "trace_cross_entropy", "train_epoch", "train_step",
    "transpose", "transpose_gradient", "unbiased", "unbroadcast", "walk_back", "weighted_targets",
    "whole_numbers", "with_options", "xavier_uniform",
]
