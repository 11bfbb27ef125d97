"""The framework, module by module as the lessons build it."""

from tinytorch.core.accuracy import (
    balanced_accuracy,
    confidence_interval,
    confusion_matrix,
    expected_calibration_error,
    f1_score,
    majority_baseline,
    precision,
    recall,
    top_k_accuracy,
)
from tinytorch.core.activations import (
    Layer,
    LogSoftmax,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    Temperature,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from tinytorch.core.autograd import backward, gradients, no_grad, to_dot
from tinytorch.core.layers import (
    Dropout,
    Flatten,
    Linear,
    Sequential,
    count_parameters,
    he_normal,
    linear,
    xavier_uniform,
)
from tinytorch.core.losses import (
    BinaryCrossEntropyLoss,
    BinaryCrossEntropyOfProbabilities,
    CategoricalCrossEntropyLoss,
    CrossEntropyLoss,
    Loss,
    MeanSquaredError,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    categorical_cross_entropy,
    cross_entropy,
    logsumexp,
    one_hot,
    squared_error,
)
from tinytorch.core.optimizers import (
    SGD,
    Adam,
    AdamW,
    Optimizer,
    RMSProp,
    clip_by_norm,
    cosine_with_warmup,
    step_decay,
)
from tinytorch.core.tensor import Tensor, apply, gradient_of, operation
from tinytorch.core.training import (
    DataLoader,
    History,
    Snapshot,
    TensorDataset,
    evaluate,
    fit,
    load_checkpoint,
    load_model,
    random_split,
    save_checkpoint,
    save_model,
    train_epoch,
    train_step,
)

__all__ = [
    "SGD", "Adam", "AdamW", "BinaryCrossEntropyLoss", "BinaryCrossEntropyOfProbabilities",
    "CategoricalCrossEntropyLoss", "CrossEntropyLoss", "DataLoader", "Dropout", "Flatten",
    "History", "Layer", "Linear", "LogSoftmax", "Loss", "MeanSquaredError", "Optimizer", "RMSProp",
    "ReLU", "Sequential", "Sigmoid", "Snapshot", "Softmax", "Tanh", "Temperature", "Tensor",
    "TensorDataset", "apply", "backward", "balanced_accuracy", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "categorical_cross_entropy", "clip_by_norm",
    "confidence_interval", "confusion_matrix", "cosine_with_warmup", "count_parameters",
    "cross_entropy", "evaluate", "expected_calibration_error", "f1_score", "fit", "gradient_of",
    "gradients", "he_normal", "linear", "load_checkpoint", "load_model", "log_softmax", "logsumexp",
    "majority_baseline", "no_grad", "one_hot", "operation", "precision", "random_split", "recall",
    "relu", "save_checkpoint", "save_model", "sigmoid", "softmax", "squared_error", "step_decay",
    "tanh", "to_dot", "top_k_accuracy", "train_epoch", "train_step", "xavier_uniform",
]
