"""From official files to the panel; knows no estimator."""
