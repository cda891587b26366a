# What the cloud's servers themselves say. The pipeline's own alerts are Prometheus rules, see docs/RUNBOOK.md.
resource "azurerm_monitor_action_group" "alarms" {
  name                = "${var.name}-alarms"
  resource_group_name = local.group
  short_name          = substr(var.name, 0, 12)
  dynamic "email_receiver" {
    for_each = var.alarm_email == "" ? [] : [var.alarm_email]
    content {
      name          = "operators"
      email_address = email_receiver.value
    }
  }
}

resource "azurerm_monitor_metric_alert" "database" {
  for_each = {
    cpu     = { metric = "cpu_percent", above = 80 }
    disk    = { metric = "storage_percent", above = 90 }
    memory  = { metric = "memory_percent", above = 95 }
    clients = { metric = "active_connections", above = 400 }
  }
  name                = "${var.name}-database-${each.key}"
  resource_group_name = local.group
  scopes              = [azurerm_postgresql_flexible_server.main.id]
  frequency           = "PT5M"
  window_size         = "PT15M"
  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = each.value.metric
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = each.value.above
  }
  action {
    action_group_id = azurerm_monitor_action_group.alarms.id
  }
}
