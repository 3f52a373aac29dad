#!/usr/bin/env python3
"""The digit study: builds the data, runs every experiment of configs/study/, and writes README.md with all tables and figures.

Run: make study            (or scripts/study.py --help). The folder named by FUSIONKIT_DATA, or ../shared/data, holds
mnist/ and fsdd/recordings/. What is finished is kept: after an interruption the same command does the rest.
"""
import argparse
import csv
import json
import os
import shlex
import signal
import statistics
import subprocess
import sys

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SPEAKERS = ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]
# Configuration, title, what the report had, metric, what is asked for.
EXPERIMENTS = [
    ("image_alone", "image alone", "accuracy 95.1%", "accuracy", 0.99),
    ("audio_alone", "audio alone, FSDD's own split", "accuracy 83.4%", "accuracy", 0.95),
    ("frozen_reconstruction", "frozen reconstruction encoders, concatenation, MLP", "macro-F1 0.978", "f1_macro", 0.985),
    ("end_to_end", "trained end to end", "macro-F1 over 0.99 (others)", "f1_macro", 0.997),
    ("deeper_decoder", "end to end, deeper decoder", "future work", "f1_macro", None),
    ("transformers", "end to end, transformers", "future work", "f1_macro", None),
]


class Failure(Exception):
    """A command that did not end well: what to tell, and with which exit status."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


class Study:
    def __init__(self, options):
        self.quick = options.quick
        self.binary = options.fusionkit
        self.raw = options.data
        self.out = options.out
        self.seeds = [1, 2] if self.quick else [1, 2, 3]
        self.commands = {}
        self.sections = []

    # Running commands

    def path(self, *names):
        return os.path.join(self.out, *names)

    def record(self, step, line):
        """Remembers a command for the report, with the raw data where a reader has them."""
        text = shlex.join(["fusionkit", *line]).replace(self.raw, "$FUSIONKIT_DATA")
        self.commands.setdefault(step, []).append(text)

    def run(self, step, *arguments):
        """Runs fusionkit; its progress goes to the terminal."""
        line = [str(argument) for argument in arguments]
        self.record(step, line)
        print(f"study: {step}: fusionkit {shlex.join(line)}", file=sys.stderr, flush=True)
        status = self.wait(subprocess.Popen([self.binary, *line], stdout=subprocess.DEVNULL, cwd=PACKAGE))
        if status != 0:
            raise Failure(
                f"'{step}' failed with status {status}; the message is above. What is finished is kept. Results of an "
                f"older configuration are not replaced: remove their folder below {self.out} to have them made anew", 1)

    def wait(self, process):
        """The status of a process. Ctrl-C reaches it as well: it has its time to leave what can be resumed."""
        stopped = []

        def stop(number, _):
            stopped.append(number)
            if number == signal.SIGTERM:
                process.send_signal(signal.SIGINT)

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            status = process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if stopped or status in (130, -signal.SIGINT):
            raise Failure("interrupted; the same command goes on from here", 130)
        return status

    def build(self, name, speaker=None, *more):
        """Builds a data set, unless it is there, made with the same options from the same files."""
        folder = self.path("data", name)
        limits = ["--limit-train", "2000", "--limit-test", "500"] if self.quick else []
        if speaker:
            # 2,250 recordings are heard often enough in these pairs; the images are not looked at.
            limits = ["--limit-train", "20000", "--limit-test", "10000"] if not self.quick else limits
            more = ("--hold-out-speaker", speaker, *more)
        line = ["data", "build", "written-spoken", "--mnist", f"{self.raw}/mnist", "--fsdd", f"{self.raw}/fsdd",
                "--out", folder, *limits, *more]
        recipe = read_json(os.path.join(folder, "recipe.json"))
        options = {"seed": "0"}
        for option, value in zip(line, line[1:] + [""]):
            if option in ("--limit-train", "--limit-test", "--hold-out-speaker"):
                options[option[2:]] = value
            elif option == "--without-test-labels":
                options["without-test-labels"] = "yes"
        if recipe is not None and recipe.get("options") == options:
            self.record("data", line)
        else:
            self.run("data", *line)
        return folder

    def train(self, name, output, data, seeds):
        """Trains one run a seed; runs that are finished are kept, others go on."""
        settings = [f"data.root={data}"] + (["training.epochs=1"] if self.quick else [])
        line = ["train", f"configs/study/{name}.yaml", "--output", self.path(output), "--seeds", ",".join(map(str, seeds))]
        for setting in settings:
            line += ["--set", setting]
        self.run(output, *line)
        summary = read_json(self.path(output, "seeds.json"))
        if summary is None:
            raise Failure(f"{self.path(output, 'seeds.json')} is missing or cannot be understood")
        return summary["splits"]["test"]

    # The study

    def everything(self):
        os.makedirs(self.path("data"), exist_ok=True)
        digits = self.build("digits")
        results = self.experiments(digits)
        self.write()
        self.speakers()
        self.write()
        self.search(digits)
        self.write()
        for name in ("frozen_reconstruction", "end_to_end"):
            self.embed(name)
            self.write()
        self.submission()
        self.write()
        missed = [title for title, value, wanted in results if wanted is not None and value < wanted]
        if missed and not self.quick:
            raise Failure("below what is asked for: " + "; ".join(missed))

    def experiments(self, digits):
        rows, results = [], []
        for name, title, report, metric, wanted in EXPERIMENTS:
            test = self.train(name, name, digits, self.seeds)
            runs = [read_json(self.path(name, f"seed-{seed}", "metrics.json")) or {} for seed in self.seeds]
            seconds = sum(run.get("wall_s", 0) for run in runs) / len(runs)
            rows.append([title, report, percent(test["accuracy"]), fraction(test["f1_macro"]),
                         "" if wanted is None else (f"{wanted:.1%}" if metric == "accuracy" else f"{wanted}"),
                         f"{runs[0].get('parameters', 0):,}", f"{seconds:.0f} s"])
            results.append((title, test[metric]["mean"], wanted))
        text = (f"Mean and standard deviation over {len(self.seeds)} seeds, on the official test parts of MNIST and FSDD, "
                "paired.\n\n")
        text += table(["what", "report", "accuracy", "macro-F1", "asked for", "parameters", "a run"], rows)
        self.section("Results", text, *[name for name, *_ in EXPERIMENTS])
        return results

    def speakers(self):
        """Audio alone, each speaker in turn heard in the test part only."""
        chosen = SPEAKERS if not self.quick else speakers_of(self.raw)[:2]
        rows, means = [], []
        for speaker in chosen:
            data = self.build(f"without-{speaker}", speaker)
            accuracy = self.train("audio_alone", f"without-{speaker}", data, self.seeds)["accuracy"]
            rows.append([speaker, percent(accuracy)])
            means.append(accuracy["mean"])
        rows.append(["mean", f"{statistics.mean(means):.2%}"])
        self.section(
            "Speakers never heard before",
            "Audio alone, leave one speaker out: trained on the training recordings of the others, tested on all of one "
            "speaker's. FSDD's own split has the same speakers in both parts and flatters.\n\n"
            + table(["speaker held out", "accuracy"], rows), *[f"without-{speaker}" for speaker in chosen])

    def search(self, digits):
        line = ["sweep", "configs/study/search.yaml", "--output", self.path("search"), "--set", f"data.root={digits}"]
        if self.quick:
            dropped = [f"sweep.parameters.modalities.image.encoder.{key}=null" for key in ("channels", "activation", "dropout")]
            for setting in ["training.epochs=1", "data.limit=500", "sweep.folds=2", *dropped]:
                line += ["--set", setting]
        self.run("search", *line)
        try:
            with open(self.path("search", "trials.csv"), newline="", encoding="utf-8") as file:
                trials = list(csv.DictReader(file))
        except OSError as error:
            raise Failure(f"{error.filename}: {error.strerror}")
        known = {"trial", "state", "mean", "deviation", "seconds", "reason", "score", "outer_fold"}
        names = [name for name in (trials[0] if trials else {}) if name not in known and not name.startswith("fold_")]
        finished = sorted((trial for trial in trials if trial.get("mean")), key=lambda trial: -float(trial["mean"]))
        rows = [[trial["trial"], *[trial[name] for name in names], f"{float(trial['mean']):.2%}",
                 f"{float(trial['deviation'] or 0):.2%}"] for trial in finished]
        self.section(
            "Cross-validated choice",
            f"{len(trials)} trials, best first; validation accuracy over the folds. The winner is `search/winner.yaml`.\n\n"
            + table(["trial", *[name.split(".")[-1] for name in names], "accuracy", "deviation"], rows), "search")

    def embed(self, name):
        """t-SNE and k-means of the first seed's encodings."""
        run, folder = self.path(name, f"seed-{self.seeds[0]}"), self.path("embeddings", name)
        result = os.path.join(folder, "embedding.json")
        line = ["embed", run, "--output", folder] + (["--limit", "200", "--perplexity", "5"] if self.quick else [])
        model = os.path.join(run, "model.safetensors")
        step = f"embeddings of {name}"
        if os.path.exists(result) and os.path.getmtime(result) >= os.path.getmtime(model):
            self.record(step, line)
        else:
            self.run(step, *line)
        summary = read_json(result)
        if summary is None:
            raise Failure(f"{result} is missing or cannot be understood")
        rows, pictures = [], []
        for space in summary["spaces"]:
            for clusters in space["kmeans"]:
                rows.append([space["name"], str(space["width"]), clusters["on"], number(space["tsne"]["kl_divergence"]),
                             number(clusters["inertia"]), *[number(clusters.get(key))
                                                            for key in ("purity", "nmi", "ari", "silhouette")]])
            for suffix in ("", "-clusters"):
                picture = f"{space['name']}{suffix}.png"
                if os.path.exists(os.path.join(folder, picture)):
                    pictures.append(f"![{space['name']}{suffix}](embeddings/{name}/{picture})")
        self.section(
            f"Embeddings: {name}",
            f"t-SNE of {summary['samples']:,} encodings of the {summary['split']} part, perplexity "
            f"{summary['perplexity']:g}, and k-means on the encodings and on their embedding.\n\n"
            + table(["encodings", "width", "k-means on", "KL divergence", "inertia", "purity", "NMI", "ARI", "silhouette"],
                    rows) + "\n" + "\n\n".join(pictures) + "\n", step)

    def submission(self):
        """A submission file for a test part whose labels are withheld, scored with them afterwards."""
        # The test part is the same whatever the number of training pairs.
        limits = () if self.quick else ("--limit-train", "100")
        data = self.build("unlabelled", None, *limits, "--without-test-labels")
        file = self.path("submission.csv")
        self.run("submission", "predict", self.path("end_to_end", f"seed-{self.seeds[0]}"), "--data", data, "--header", "id,label",
                 "-o", file)
        with open(file, newline="", encoding="utf-8") as stream:
            predicted = [row["label"] for row in csv.DictReader(stream)]
        with open(os.path.join(data, "withheld", "origins_test.csv"), newline="", encoding="utf-8") as stream:
            labels = [row["label"] for row in csv.DictReader(stream)]
        if len(predicted) != len(labels):
            raise Failure(f"{file} holds {len(predicted)} rows, the test part {len(labels)} samples")
        right = sum(one == other for one, other in zip(predicted, labels))
        self.section(
            "Submission",
            f"[submission.csv](submission.csv) has a row `id,label` for each of the {len(labels):,} samples of a test part "
            f"without labels. Compared with the withheld ones afterwards: {right / len(labels):.2%} are right.\n",
            "submission")

    # The report

    def section(self, title, text, *steps):
        lines = "".join(f"{line}\n" for step in steps for line in self.commands.get(step, []))
        self.sections.append(f"## {title}\n\n{text}\n```sh\n{lines}```\n")

    def write(self):
        text = "# The digit study\n\n"
        if self.quick:
            text += "A quick run on a few samples, to see that everything works: the numbers say nothing.\n\n"
        text += ("Written and spoken digits: MNIST paired by label with the Free Spoken Digit Dataset, 39 frames of 13 MFCC "
                 "(docs/study.md). Made by `make study`.\n\n```sh\n")
        text += "".join(f"{line}\n" for line in self.commands.get("data", [])) + "```\n\n"
        text += "\n".join(self.sections)
        temporary = self.path("README.md.partial")
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, self.path("README.md"))


def read_json(path):
    """What a file holds; None where it is not there or no JSON."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def spread(values, form):
    deviation = values.get("deviation")
    return form(values["mean"]) + ("" if deviation is None else " ± " + form(deviation))


def percent(values):
    return spread(values, lambda value: f"{value:.2%}")


def fraction(values):
    return spread(values, lambda value: f"{value:.4f}")


def number(value):
    return "" if value is None else f"{value:.4g}"


def recordings(data):
    folder = os.path.join(data, "fsdd", "recordings")
    return folder if os.path.isdir(folder) else os.path.join(data, "fsdd")


def speakers_of(data):
    return sorted({name.split("_")[1] for name in os.listdir(recordings(data)) if name.count("_") == 2})


def find_data():
    """The folder of the raw data, or a message that says how to get them."""
    candidates = [os.environ.get("FUSIONKIT_DATA"), os.path.join(PACKAGE, "..", "shared", "data")]
    for folder in filter(None, candidates):
        if os.path.isdir(os.path.join(folder, "mnist")) and os.path.isdir(recordings(folder)):
            return os.path.abspath(folder)
    looked = ", ".join(os.path.normpath(folder) for folder in filter(None, candidates))
    raise Failure(
        f"there are no data in {looked}\n  expected: mnist/ with MNIST's four IDX files and fsdd/recordings/ with the Free "
        "Spoken Digit Dataset\n  (https://github.com/Jakobovski/free-spoken-digit-dataset); name their folder in "
        "FUSIONKIT_DATA", 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], epilog="What is finished is kept.")
    parser.add_argument("--quick", action="store_true", help="few samples, one epoch: to see that everything works")
    parser.add_argument("--out", help="where results go (default: outputs/study, or outputs/study-quick)")
    parser.add_argument("--fusionkit", default=os.environ.get("FUSIONKIT", os.path.join(PACKAGE, ".build/release/fusionkit")),
                        help="the program (default: FUSIONKIT, or the release build)")
    options = parser.parse_args()
    options.out = os.path.abspath(options.out) if options.out else os.path.join(
        "outputs", "study-quick" if options.quick else "study")
    try:
        if not os.access(options.fusionkit, os.X_OK):
            raise Failure(f"there is no program {options.fusionkit}: make build", 2)
        options.fusionkit = os.path.abspath(options.fusionkit)
        options.data = find_data()
        os.chdir(PACKAGE)
        Study(options).everything()
        print(os.path.join(options.out, "README.md"))
    except Failure as failure:
        print(f"study: {failure}", file=sys.stderr)
        return failure.status
    except KeyboardInterrupt:
        print("study: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
