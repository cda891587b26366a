# What the cloud's servers themselves say. The pipeline's own alerts are Prometheus rules, see docs/RUNBOOK.md.
resource "google_monitoring_notification_channel" "email" {
  count        = var.alarm_email == "" ? 0 : 1
  display_name = var.name
  type         = "email"
  labels       = { email_address = var.alarm_email }
}

locals {
  alarms = {
    database-cpu    = { metric = "cloudsql.googleapis.com/database/cpu/utilization", above = 0.8 }
    database-disk   = { metric = "cloudsql.googleapis.com/database/disk/utilization", above = 0.9 }
    database-memory = { metric = "cloudsql.googleapis.com/database/memory/utilization", above = 0.95 }
  }
}

resource "google_monitoring_alert_policy" "database" {
  for_each              = local.alarms
  display_name          = "${var.name}-${each.key}"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id
  conditions {
    display_name = each.key
    condition_threshold {
      filter          = "resource.type = \"cloudsql_database\" AND metric.type = \"${each.value.metric}\""
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.above
      duration        = "900s"
      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_MEAN"
      }
    }
  }
}
