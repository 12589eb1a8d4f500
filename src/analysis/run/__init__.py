"""Running this project: study files, parameters, tasks, what is stale, and the record of a run."""
