#!/usr/bin/env python3
"""Compares exported models with the program itself: every fusion with several encoders, in ONNX Runtime.

Each case trains for a few steps on small random data, exports the run as ONNX, lets onnx.checker look at it in full mode,
and compares what ONNX Runtime gives for batches of 1, 7 and 40 samples with `fusionkit predict`: with all modalities, and
with some of them missing. Run by `make interop`, which sets up the Python environment.
"""
import argparse
import csv
import json
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import numpy
import onnx
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parent.parent
BATCHES = [1, 7, 40]
SAMPLES = sum(BATCHES)
CLASSES = 4
# The largest difference, divided by the largest output.
BOUND = 1e-5

VECTORS = {
    "conv+gru": {
        "image": {"type": "image", "encoder": {"type": "conv", "channels": [4, 6], "first_kernel": 5}},
        "audio": {"type": "sequence", "encoder": {"type": "gru", "hidden": 7}},
    },
    "lenet+lstm": {
        "image": {"type": "image", "encoder": {"type": "lenet", "channels": 2, "blocks": 2}},
        "audio": {"type": "sequence", "encoder": {"type": "lstm", "hidden": 6, "layers": 2, "bidirectional": True}},
    },
    "mlp+transformer": {
        "image": {"type": "image", "encoder": {"type": "mlp", "hidden": [12], "width": 9, "activation": "gelu"}},
        "audio": {"type": "sequence", "encoder": {"type": "transformer", "width": 8, "heads": 2, "depth": 1}},
    },
}
TOKENS = {
    "conv+gru tokens": {
        "image": {"type": "image", "encoder": {"type": "conv", "channels": [4, 8], "tokens": True}},
        "audio": {"type": "sequence", "encoder": {"type": "gru", "hidden": 4, "bidirectional": True, "pool": "none"}},
    },
    "transformer+lstm tokens": {
        "image": {
            "type": "image",
            "encoder": {"type": "transformer", "patch": 7, "width": 8, "heads": 2, "depth": 1, "pool": "none"},
        },
        "audio": {"type": "sequence", "encoder": {"type": "lstm", "hidden": 8, "pool": "none"}},
    },
}
SENSOR = {"type": "vector", "encoder": {"type": "mlp", "hidden": [6], "width": 5, "activation": "silu"}}

# What a fusion needs beside its defaults; one that is not here runs with them.
OPTIONS = {
    "attention_bottleneck": {"width": 8, "heads": 2},
    "block": {"inner": 8, "width": 6},
    "cross_attention": {"width": 8, "heads": 2},
    "cross_modal_transformer": {"width": 8, "heads": 2},
    "decision_average": {"width": CLASSES},
    "decision_product": {"width": CLASSES},
    "evidential": {"width": CLASSES},
    "fusion_transformer": {"width": 8, "heads": 2},
    "low_rank_tensor": {"width": 6, "rank": 3},
    "mcb": {"width": 32},
    "mixture_of_experts": {"experts": 4, "top": 2, "hidden": [8], "width": 6},
    "perceiver": {"width": 8, "latents": 3, "heads": 2},
    "tensor_fusion": {"width": 4},
}
TOKEN_FUSIONS = {
    "attention_bottleneck", "cross_attention", "cross_modal_transformer", "fusion_transformer", "perceiver",
}
DECIDING = {"decision_average", "decision_product", "evidential"}


class Failure(Exception):
    """A case that does not pass, and why."""


def run(program, *arguments, fails=False):
    """Runs the program; gives what it prints."""
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if (done.returncode != 0) != fails:
        command = " ".join(map(str, arguments))
        raise Failure(f"fusionkit {command}: status {done.returncode}\n{done.stderr.strip()[-600:]}")
    return done.stdout if not fails else done.stderr


def make_data(folder):
    """Random arrays of several stored types; in the folder `gaps`, samples lack modalities."""
    random = numpy.random.default_rng(7)
    for part, count in [("train", 64), ("test", SAMPLES)]:
        labels = random.integers(0, CLASSES, count)
        if part == "train":
            labels[:CLASSES] = range(CLASSES)
        arrays = {
            "image": random.integers(0, 256, (count, 14, 14)).astype(numpy.uint8),
            "audio": random.normal(3, 2, (count, 6, 5)).astype(numpy.float32),
            "sensor": random.normal(1.6e9, 50, (count, 5)),
            "left": random.normal(0, 1, (count, 48)).astype(numpy.float32),
            "right": random.normal(0, 1, (count, 48)).astype(numpy.float32),
            "counts": random.integers(-20000, 20000, (count, 5)).astype(numpy.int64),
            "targets": labels.astype(numpy.int64),
            "flags": (random.random((count, 3)) < 0.4).astype(numpy.uint8),
            "values": random.normal([100, -3], [20, 0.5], (count, 2)).astype(numpy.float32),
        }
        present = {name: random.random(count) < 0.6 for name in ["image", "audio", "sensor", "counts", "left", "right"]}
        # No sample may lack everything.
        for name, other in [("audio", "image"), ("counts", "image"), ("right", "left")]:
            present[name] |= ~present[other]
        for kind in ["whole", "gaps"]:
            target = folder / kind
            target.mkdir(parents=True, exist_ok=True)
            for name, array in arrays.items():
                array = array.copy()
                mask = present.get(name)
                if mask is not None:
                    if kind == "whole":
                        mask = numpy.ones(count, bool)
                    elif array.dtype.kind == "f":
                        # What stands in the place of a missing modality must not matter.
                        array[~mask] = math.nan
                    numpy.save(target / f"{part}_{name}_present.npy", mask.astype(numpy.uint8))
                numpy.save(target / f"{part}_{name}.npy", array)


def configuration(folder, case):
    """The experiment of a case, as JSON, which YAML takes."""
    targets = case.get("targets", "targets")
    def files(part):
        result = {name: f"{part}_{name}.npy" for name in case["modalities"]}
        if len(case["modalities"]) > 1:
            result |= {f"{name}.present": f"{part}_{name}_present.npy" for name in case["modalities"]}
        return result | {"targets": f"{part}_{targets}.npy"}
    trains_on = "gaps" if case.get("learns_gaps") else "whole"
    return {
        "name": "interop", "seed": 3,
        "data": {"dataset": "arrays", "root": str(folder / trains_on), "train": files("train"), "test": files("test")},
        "modalities": case["modalities"], "fusion": case["fusion"],
        "decoder": case.get("decoder", {"type": "mlp", "hidden": [8]}),
        "task": case.get("task", {"type": "classification"}),
        "training": {"epochs": 2, "batch_size": 16, "optimizer": {"type": "adam", "learning_rate": 3e-3}}
        | case.get("training", {}),
    }


def predicted(program, run_folder, data, plugins, scratch):
    """What `predict` gives: one row a sample."""
    table = scratch / "predictions.csv"
    run(program, "predict", run_folder, "--data", data, "--logits", "-o", table, *plugins)
    with open(table) as file:
        return numpy.array([[float(cell) for cell in row[2:]] for row in list(csv.reader(file))[1:]])


def served(session, feeds, output):
    """What ONNX Runtime gives, in batches of several sizes."""
    results, start = [], 0
    for size in BATCHES:
        batch = {name: array[start : start + size] for name, array in feeds.items()}
        results.append(session.run([output], batch)[0])
        start += size
    return numpy.concatenate(results)


def distance(mine, theirs):
    if mine.shape != theirs.shape:
        raise Failure(f"shape {theirs.shape}, expected {mine.shape}")
    if not numpy.isfinite(theirs).all():
        raise Failure("ONNX Runtime gives NaN or infinity")
    return float(numpy.abs(mine - theirs).max() / max(numpy.abs(mine).max(), 1e-30))


def open_model(path):
    """A session for a model that the checker has nothing against."""
    onnx.checker.check_model(onnx.load(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def check(program, case, data, scratch):
    """Trains, exports, compares; gives the distances without and with missing modalities (nil: they are refused)."""
    plugins = case.get("plugins", [])
    experiment = scratch / "case.yaml"
    experiment.write_text(json.dumps(configuration(data, case)))
    folder = scratch / "run"
    run(program, "train", experiment, "--output", folder, "--overwrite", "--threads", 1, *plugins)
    model = scratch / "model.onnx"
    if case.get("no_graph"):
        model.unlink(missing_ok=True)
        errors = run(program, "export", folder, "--onnx", model, *plugins, fails=True)
        if "the fusion 'operation' cannot be exported: " not in errors or model.exists():
            raise Failure(f"expected to be refused by name: {errors}")
        return 0, None
    output = "values" if case.get("targets") == "values" else "logits"
    names = list(case["modalities"])

    def feeds(kind):
        return {name: numpy.load(data / kind / f"test_{name}.npy") for name in names}

    options = ["--fold"] if case.get("fold") else []
    run(program, "export", folder, "--onnx", model, "--overwrite", "--outputs", "fused,features", *options, *plugins)
    session = open_model(model)
    whole = feeds("whole")
    expected = {*([output] if output == "values" else ["logits", "probabilities"]), "fused"}
    expected |= {f"features.{name}" for name in names}
    if {one.name for one in session.get_outputs()} != expected:
        raise Failure(f"outputs {[one.name for one in session.get_outputs()]}")
    plain = distance(predicted(program, folder, data / "whole", plugins, scratch), served(session, whole, output))
    if case.get("decoder") == {"type": "identity"}:
        plain = max(plain, distance(served(session, whole, output), served(session, whole, "fused")))
    if case.get("task", {"type": "classification"}) == {"type": "classification"}:
        logits = served(session, whole, "logits").astype(float)
        powers = numpy.exp(logits - logits.max(axis=1, keepdims=True))
        plain = max(plain, distance(powers / powers.sum(axis=1, keepdims=True), served(session, whole, "probabilities")))
    if len(names) == 1:
        return plain, None
    if case["fusion"].get("missing") == "refuse":
        run(program, "export", folder, "--onnx", model, "--overwrite", "--missing", *plugins, fails=True)
        return plain, None
    run(program, "export", folder, "--onnx", model, "--overwrite", "--missing", *options, *plugins)
    session = open_model(model)
    present = {f"present.{name}": numpy.ones(SAMPLES, bool) for name in names}
    all_there = distance(
        predicted(program, folder, data / "whole", plugins, scratch), served(session, whole | present, output))
    gaps = feeds("gaps")
    present = {
        f"present.{name}": numpy.load(data / "gaps" / f"test_{name}_present.npy").astype(bool) for name in names
    }
    missing = distance(
        predicted(program, folder, data / "gaps", plugins, scratch), served(session, gaps | present, output))
    return max(plain, all_there), missing


def cases(program):
    """Every fusion with two pairs of encoders or more, then what else can be configured."""
    result = []
    fusions = [one["name"] for one in json.loads(run(program, "list", "fusions", "--json"))]
    for fusion in fusions:
        description = run(program, "describe", fusion)
        arity = next(line.split(None, 1)[1] for line in description.splitlines() if line.strip().startswith("modalities"))
        settings = {"type": fusion, **OPTIONS.get(fusion, {})}
        decoder = {"decoder": {"type": "identity"}} if fusion in DECIDING else {}
        for name, pair in (TOKENS if fusion in TOKEN_FUSIONS else VECTORS).items():
            modalities = dict(pair)
            if "exactly 3" in arity or (name in ["lenet+lstm", "conv+gru tokens"] and "exactly 2" not in arity):
                sensor = SENSOR
                if fusion in TOKEN_FUSIONS:
                    sensor = {"type": "sequence", "frames": 5, "encoder": {"type": "gru", "hidden": 3, "pool": "none"}}
                modalities["sensor"] = sensor
            result.append({"name": fusion, "encoders": name, "modalities": modalities, "fusion": settings, **decoder})
    pair = VECTORS["conv+gru"]
    small = VECTORS["mlp+transformer"]
    image = {"type": "image", "mean": 0.5, "std": 0.25}
    def extra(name, modalities=pair, fusion=None, **more):
        result.append(
            {"name": name, "encoders": "various", "modalities": modalities, "fusion": fusion or {"type": "concat"}, **more})
    for policy in ["zero", "mean", "token", "refuse"]:
        extra(f"missing: {policy}", fusion={"type": "concat", "missing": policy}, learns_gaps=policy in ["mean", "token"])
    extra("batch norms folded", fold=True)
    extra("regression", targets="values", task={"type": "regression"})
    extra("regression, as it is", targets="values", task={"type": "regression", "standardise": False})
    extra("several labels", targets="flags", task={"type": "multilabel"})
    extra("averaged weights", training={"average": {"decay": 0.9}})
    extra("one modality", modalities={"image": pair["image"]})
    extra("large numbers", modalities=dict(small, sensor=SENSOR, counts=SENSOR))
    extra("values as they are", modalities={
        "image": image | {"encoder": {"type": "identity"}},
        "counts": {"type": "vector", "values": "raw", "mean": 100, "std": 9000, "encoder": {"type": "identity"}}})
    extra("convolutions", modalities={"image": image | {"encoder": {
        "type": "conv", "channels": [3, 5], "pool": "average", "batch_norm": False, "activation": "tanh", "stride": 2,
        "pool_size": 2}}, "audio": pair["audio"]})
    for activation in ["leaky_relu", "elu", "sigmoid", "tanh"]:
        extra(f"activation {activation}", modalities={"image": {"type": "image", "encoder": {
            "type": "mlp", "hidden": [8], "activation": activation}}, "audio": small["audio"]})
    for pool, positions in [("class", "sinusoidal"), ("mean", "none")]:
        extra(f"transformer, {pool}, {positions}", modalities={"image": {"type": "image", "encoder": {
            "type": "transformer", "patch": 2, "width": 8, "heads": 4, "depth": 2, "pool": pool,
            "positions": positions}}, "audio": pair["audio"]})
    for pool in ["mean", "last"]:
        extra(f"lstm, {pool}", modalities={"image": pair["image"], "audio": {"type": "sequence", "encoder": {
            "type": "lstm", "hidden": 5, "bidirectional": True, "pool": pool}}})
    for form in ["vector", "scalar"]:
        extra(f"bimodal_interaction, {form}", fusion={"type": "bimodal_interaction", "form": form, "flip": True})
    extra("bimodal_interaction, clipped", fusion={
        "type": "bimodal_interaction", "clip": [-0.1, 0.1], "clip_inputs": [-1, 1]})
    for pool in ["mean", "max"]:
        extra(f"deep_sets, {pool}", fusion={"type": "deep_sets", "pool": pool, "normalize": True, "activation": "elu"})
    extra("deciding fusion, hidden", fusion={"type": "evidential", "width": CLASSES, "hidden": [6]},
          decoder={"type": "identity"})
    return result


def out_of_tree(program, scratch):
    """The fusion of Examples/OutOfTreePlugin, compiled and loaded at run time."""
    library = scratch / "libOutOfTree.so"
    run(program, "plugin", "build", ROOT / "Examples" / "OutOfTreePlugin", "--output", library)
    return [
        {"name": "gated_sum, out of the tree", "encoders": name, "modalities": pair, "fusion": {"type": "gated_sum"},
         "plugins": ["--plugin", str(library)]}
        for name, pair in VECTORS.items()
    ]


def operations(program, scratch):
    """Every operation of the engine by itself, through a plugin that is a table of them; and those that have no graph."""
    library = scratch / "libOperation.so"
    run(program, "plugin", "build", ROOT / "Tests" / "Interop" / "Operations", "--output", library)
    plugins = ["--plugin", str(library)]
    vector = {"type": "vector", "values": "raw", "encoder": {"type": "identity"}}

    def case(operation):
        return {
            "name": f"operation {operation}", "encoders": "identity", "modalities": {"left": vector, "right": vector},
            "fusion": {"type": "operation", "operation": operation}, "decoder": {"type": "linear"}, "plugins": plugins,
        }

    experiment = scratch / "list.yaml"
    experiment.write_text(json.dumps(configuration(scratch / "data", case("list"))))
    errors = run(program, "check", experiment, *plugins, fails=True)
    known, refused = (re.search(rf"{word}: ([a-z0-9_ ]+)", errors)[1].split() for word in ["known", "refused"])
    return [case(name) for name in known] + [case(name) | {"no_graph": True} for name in refused]


def documentation(program, scratch):
    """The Python of docs/export.md, on the digits that it speaks of."""
    folder = scratch / "documentation"
    folder.mkdir()
    run(program, "data", "demo", "--out", folder / "data/demo", "--train", 60, "--test", 20)
    run(program, "train", ROOT / "configs/late_fusion.yaml", "--set", f"data.root={folder}/data/demo", "--set",
        "training.epochs=1", "--output", folder / "late")
    run(program, "export", folder / "late", "--onnx", folder / "late.onnx")
    [code] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/export.md").read_text(), re.S)
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0 or len(done.stdout.splitlines()) != 7:
        raise Failure(f"docs/export.md: {done.stdout}{done.stderr}")
    lines = run(program, "predict", folder / "late", "--data", folder / "data/demo", "--json").splitlines()
    mine = [json.loads(line)["prediction"] for line in lines[:7]]
    theirs = [line.split()[0] for line in done.stdout.splitlines()]
    if mine != theirs:
        raise Failure(f"docs/export.md: the program says {mine}, the lines {theirs}")
    shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / ".build/release/fusionkit"), help="the command line")
    parser.add_argument("--only", default="", help="cases whose name holds this text")
    parser.add_argument("--every", type=int, default=1, help="only every nth case of a list that is always the same")
    parser.add_argument("--no-plugin", action="store_true", help="leave the package out of the tree out")
    arguments = parser.parse_args()
    began, failed = time.time(), 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        make_data(folder / "data")
        todo = cases(arguments.program)[:: arguments.every]
        if not arguments.no_plugin:
            todo += out_of_tree(arguments.program, folder) + operations(arguments.program, folder)[:: arguments.every]
        todo = [case for case in todo if arguments.only in case["name"]]
        print(f"{'model':<32}{'encoders':<26}{'all there':>12}{'some missing':>14}")
        try:
            documentation(arguments.program, folder)
            print("docs/export.md: its Python runs, and says what the program says")
        except Failure as error:
            failed += 1
            print(f"FAILED: {error}")
        for case in todo:
            try:
                plain, missing = check(arguments.program, case, folder / "data", folder)
                words = f"{plain:>12.1e}{'refused' if missing is None else f'{missing:.1e}':>14}"
                if max(plain, missing or 0) > BOUND:
                    raise Failure(f"differs by more than {BOUND}: {words}")
            except Exception as error:  # whatever ONNX Runtime throws is a failure of the case
                failed += 1
                words = f"  FAILED: {error}"
            print(f"{case['name']:<32}{case['encoders']:<26}{words}", flush=True)
    print(f"{len(todo)} models, {failed} failed, {time.time() - began:.0f} s")
    return 1 if failed or not todo else 0


if __name__ == "__main__":
    sys.exit(main())
