"""Points a second into the store and into MLflow's SQLite backend, in alternation.

How to run it stands at the head of ingest.rs. MLflow is called three ways:
  plain    one log_metric call a point, as its documentation shows first
  metrics  one log_metrics call an epoch, with a point of each series
  batch    log_batch with as many points as one call may have (1000)
Every round measures each once; the medians of all rounds are printed, with the
ratio to each. MLflow's store is made, and opened by a first call, before the
clock runs; ours is likewise open.
"""

import argparse
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
from mlflow.entities import Metric
from mlflow.tracking import MlflowClient


def mlflow_rate(way, epochs, series):
    with tempfile.TemporaryDirectory() as folder:
        client = MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db")
        experiment = client.create_experiment("ingest", artifact_location=folder)
        run = client.create_run(experiment).info.run_id
        client.log_metric(run, "first", 0.0)
        names = [f"series/{i}" for i in range(series)]
        begun = time.perf_counter()
        if way == "plain":
            for epoch in range(epochs):
                for name in names:
                    client.log_metric(run, name, 0.1 * epoch, step=epoch)
        else:
            now = int(time.time() * 1000)
            points = [Metric(n, 0.1 * e, now, e) for e in range(epochs) for n in names]
            size = series if way == "metrics" else 1000
            for start in range(0, len(points), size):
                client.log_batch(run, metrics=points[start : start + size])
        return epochs * series / (time.perf_counter() - begun)


def our_rates(program, epochs, series):
    with tempfile.TemporaryDirectory() as folder:
        command = [program, folder, str(epochs), str(series)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [float(number) for number in output.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program", help="the built example `ingest`")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--series", type=int, default=15, help="points an epoch")
    parser.add_argument("--epochs", type=int, default=2000, help="epochs for us and MLflow's batches")
    parser.add_argument("--plain-epochs", type=int, default=20, help="epochs for MLflow's single calls")
    args = parser.parse_args()
    logging.disable(logging.INFO)
    print(f"MLflow {mlflow.__version__}, Python {sys.version.split()[0]}, {args.series} points an epoch")
    rates = {way: [] for way in ("ours", "ours, as training sees it", "plain", "metrics", "batch")}
    for _ in range(args.rounds):
        written, emitted = our_rates(args.program, args.epochs, args.series)
        rates["ours"].append(written)
        rates["ours, as training sees it"].append(emitted)
        rates["plain"].append(mlflow_rate("plain", args.plain_epochs, args.series))
        rates["metrics"].append(mlflow_rate("metrics", args.plain_epochs * 5, args.series))
        rates["batch"].append(mlflow_rate("batch", args.epochs, args.series))
    ours = statistics.median(rates["ours"])
    for way, found in rates.items():
        median = statistics.median(found)
        print(
            f"{way:26} {median:12.0f} points/s  (of {len(found)}: {min(found):.0f} to {max(found):.0f})"
            f"  ours / this = {ours / median:.1f}"
        )


if __name__ == "__main__":
    main()
