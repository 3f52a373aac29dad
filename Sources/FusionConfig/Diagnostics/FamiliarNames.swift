import FusionCore

/// What PyTorch, Lightning, Keras and their users call our keys, and where people look for them.
enum FamiliarNames {
  /// What to write in place of an unknown key, as a question; nil where nothing comes to mind.
  ///
  /// A key that stands elsewhere is named with the way to it: `optimizer.learning_rate` for `lr` in `training`.
  static func suggestion(for key: String, among known: [String]) -> String? {
    if let new = RenamedKeys.names[key], known.contains(new) { return "it is called '\(new)' now" }
    let word = key.lowercased().replacing("-", with: "_")
    let meant = keys[word] ?? []
    if let same = meant.first(where: known.contains) { return "did you mean '\(same)'?" }
    if let near = didYouMean(key, among: known) { return near }
    for path in (meant + [word]).compactMap({ places[$0] }) {
      let steps = path.split(separator: ".").map(String.init)
      if let start = steps.firstIndex(where: known.contains) {
        return "did you mean '\(steps[start...].joined(separator: "."))'?"
      }
    }
    return nil
  }

  /// Foreign names to ours; the first one that the map has is meant.
  private static let keys: [String: [String]] = {
    let names: [(ours: String, theirs: [String])] = [
      ("learning_rate", ["lr", "base_lr", "initial_lr", "init_lr", "max_lr", "rate", "step_length"]),
      ("weight_decay", ["wd", "l2", "decay", "weight_penalty", "l2_penalty"]),
      ("momentum", ["mu", "beta"]), ("betas", ["beta1", "beta2", "beta_1", "beta_2"]), ("eps", ["epsilon"]),
      ("batch_size", ["bs", "batch", "batchsize", "minibatch", "train_batch_size", "per_device_train_batch_size"]),
      ("evaluate_batch_size", ["eval_batch_size", "val_batch_size", "test_batch_size", "per_device_eval_batch_size"]),
      ("epochs", ["max_epochs", "num_epochs", "n_epochs", "nepochs", "num_train_epochs", "epoch", "iterations"]),
      ("gradient_clip", ["clip", "grad_clip", "gradient_clip_val", "clip_grad_norm", "max_grad_norm", "clipnorm"]),
      ("early_stopping", ["patience", "early_stop", "earlystopping"]),
      ("minimum_delta", ["min_delta", "delta"]), ("metric", ["monitor", "watch"]),
      ("monitor", ["save_best", "metric_for_best_model"]),
      ("checkpoint_every", ["save_every", "save_steps", "checkpoint_interval", "every_n_epochs"]),
      ("average", ["ema", "swa", "model_ema", "ema_decay", "averaged_model", "moving_average"]),
      (
        "initialise_from",
        [
          "initialize_from", "init_from", "pretrained", "init_checkpoint", "load_from", "weights", "finetune_from",
          "resume_from",
        ]
      ), ("frozen", ["freeze", "trainable", "requires_grad"]),
      ("warmup_epochs", ["warmup", "warm_up", "num_warmup_epochs", "warmup_steps", "num_warmup_steps"]),
      ("minimum", ["eta_min", "min_lr"]), ("step_size", ["step", "every", "lr_step", "period"]),
      ("gamma", ["factor", "lr_gamma", "drop"]), ("optimizer", ["opt", "optim", "solver"]),
      ("schedule", ["scheduler", "lr_scheduler", "lr_schedule", "sched"]),
      ("training", ["train", "trainer", "fit", "training_args", "hyperparameters"]),
      ("modalities", ["inputs", "encoders", "views", "branches"]), ("fusion", ["fuse", "fuser", "model"]),
      ("decoder", ["head", "classifier", "output_layer"]), ("task", ["objective", "loss", "criterion"]),
      ("data", ["dataset", "datasets", "dataloader", "datamodule"]), ("seed", ["random_seed", "random_state", "rng"]),
      ("name", ["experiment", "experiment_name", "run_name", "title"]),
      ("extends", ["base", "inherit", "defaults", "include"]),
      ("callbacks", ["callback", "logger", "loggers", "hooks"]),
      ("transforms", ["transform", "augmentation", "augmentations", "augment", "corruptions", "preprocessing"]),
      ("root", ["data_dir", "data_root", "folder", "dir", "path"]),
      ("validation", ["val", "valid", "dev", "val_split", "val_size"]),
      ("hidden", ["hidden_dim", "hidden_dims", "hidden_size", "hidden_sizes", "hidden_units", "layers", "n_hidden"]),
      (
        "width",
        [
          "dim", "out_dim", "output_dim", "d_model", "embed_dim", "embedding_dim", "hidden_size", "hidden_dim",
          "out_features", "units",
        ]
      ),
      ("layers", ["num_layers", "n_layers", "nlayers", "depth", "num_hidden_layers"]),
      ("depth", ["num_layers", "n_layers", "nlayers", "layers", "num_hidden_layers"]),
      ("heads", ["num_heads", "n_heads", "nhead", "num_attention_heads"]),
      ("dropout", ["p", "dropout_rate", "drop_rate", "drop_prob", "dropout_p"]),
      ("activation", ["act", "activ", "activation_fn", "nonlinearity", "act_fn"]),
      ("channels", ["filters", "n_channels", "num_channels", "out_channels", "base_channels"]),
      ("kernel", ["kernel_size", "filter_size"]), ("rank", ["r", "mm_dim"]), ("inner", ["mm_dim"]),
    ]
    return names.reduce(into: [:]) { map, name in
      for word in name.theirs { map[word, default: []].append(name.ours) }
    }
  }()

  /// Where keys stand that are often looked for in another map.
  private static let places = [
    "learning_rate": "training.optimizer.learning_rate", "weight_decay": "training.optimizer.weight_decay",
    "momentum": "training.optimizer.momentum", "betas": "training.optimizer.betas",
    "optimizer": "training.optimizer", "schedule": "training.schedule",
    "warmup_epochs": "training.schedule.warmup_epochs", "epochs": "training.epochs",
    "batch_size": "training.batch_size", "gradient_clip": "training.gradient_clip",
    "early_stopping": "training.early_stopping", "average": "training.average",
    "initialise_from": "training.initialise_from", "stages": "training.stages", "monitor": "training.monitor",
    "modality_dropout": "training.modality_dropout", "root": "data.root", "validation": "data.validation",
    "patience": "training.early_stopping.patience", "step_size": "training.schedule.step_size",
    "class_weights": "task.class_weights",
  ]
}
