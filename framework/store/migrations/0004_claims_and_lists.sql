-- Who works on a run, so that many programs share one store; and what lists show, so that they
-- read neither points nor predictions.

-- Rises with each program that takes the run. One that slept and lost it knows by this number.
ALTER TABLE run ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0;
-- The kernel's boot, the name space of process numbers in it, and the process's start in ticks
-- since that boot: these tell two processes of one number apart, whatever the clock says.
-- `process` is NULL when nobody works on the run.
ALTER TABLE run ADD COLUMN boot TEXT;
ALTER TABLE run ADD COLUMN namespace TEXT;
ALTER TABLE run ADD COLUMN process_start INTEGER;

-- Seconds of work: of all attempts, and of those before the present one.
ALTER TABLE run ADD COLUMN seconds REAL NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN earlier_seconds REAL NOT NULL DEFAULT 0;
-- Epochs that are done, of how many.
ALTER TABLE run ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN epochs INTEGER;
-- The last lines of a failed run's log.
ALTER TABLE run ADD COLUMN log_tail TEXT;

UPDATE run SET
    attempt = started IS NOT NULL,
    process = CASE status WHEN 'running' THEN process END,
    seconds = CASE WHEN started IS NULL THEN 0
        ELSE max(0, (julianday(coalesce(finished, heartbeat, started)) - julianday(started)) * 86400) END,
    epoch = coalesce((SELECT max(epoch) FROM point WHERE point.run = run.key), 0),
    epochs = CASE json_type(settings, '$.train.epochs')
        WHEN 'integer' THEN json_extract(settings, '$.train.epochs') END;

-- UAR and WAR in percent, NULL without a prediction. They follow from the predictions, and are
-- written with them. As in `exp_core::metrics`, labels that are no class do not count.
ALTER TABLE selection ADD COLUMN uar REAL;
ALTER TABLE selection ADD COLUMN war REAL;

WITH recall AS (
    SELECT selection, target, count(*) AS clips, sum(target = predicted) AS hits
    FROM prediction
    JOIN selection ON selection.key = prediction.selection
    JOIN run ON run.key = selection.run
    WHERE max(target, predicted) < json_array_length(classes)
    GROUP BY selection, target
), figures AS (
    SELECT selection, avg(100.0 * hits / clips) AS uar, 100.0 * sum(hits) / sum(clips) AS war
    FROM recall GROUP BY selection
)
UPDATE selection SET uar = figures.uar, war = figures.war
FROM figures WHERE figures.selection = selection.key;

ALTER TABLE evaluation ADD COLUMN uar REAL;
ALTER TABLE evaluation ADD COLUMN war REAL;

WITH recall AS (
    SELECT evaluation, target, count(*) AS clips, sum(target = predicted) AS hits
    FROM evaluation_prediction
    JOIN evaluation ON evaluation.key = evaluation
    WHERE max(target, predicted) < json_array_length(classes)
    GROUP BY evaluation, target
), figures AS (
    SELECT evaluation, avg(100.0 * hits / clips) AS uar, 100.0 * sum(hits) / sum(clips) AS war
    FROM recall GROUP BY evaluation
)
UPDATE evaluation SET uar = figures.uar, war = figures.war
FROM figures WHERE figures.evaluation = evaluation.key;

-- What people remark on a run.
CREATE TABLE note (
    key     INTEGER PRIMARY KEY,
    run     INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    text    TEXT    NOT NULL,
    written TEXT    NOT NULL
) STRICT;
CREATE INDEX note_by_run ON note (run);
