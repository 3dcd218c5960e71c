"""What is done to all subjects alike: retry and cancel of tasks, deletion and retention, metrics, alerts, exports."""
