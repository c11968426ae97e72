//! Nothing is here: the pipeline is `template.yaml` and `functions/clean.py`, its test `tests/events.rs`.
