# What each service may do, granted to its Kubernetes service account itself (Workload Identity Federation for GKE): no keys, no
# Google service accounts between. A worker makes objects and never changes one; parsers and API read them.
locals {
  principal = "principal://iam.googleapis.com/projects/${local.number}/locations/global/workloadIdentityPools/${var.project}.svc.id.goog/subject/ns/harvestman/sa"
  bucket_roles = {
    worker = "roles/storage.objectCreator"
    parser = "roles/storage.objectViewer"
    api    = "roles/storage.objectViewer"
  }
}

resource "google_storage_bucket_iam_member" "service" {
  for_each   = local.bucket_roles
  bucket     = google_storage_bucket.raw.name
  role       = each.value
  member     = "${local.principal}/${each.key}"
  depends_on = [google_container_cluster.main]
}

# A worker looks at what is there already when it stores a segment again, and asks for an object that nobody makes to see whether the
# bucket is there.
resource "google_storage_bucket_iam_member" "worker_reads" {
  bucket     = google_storage_bucket.raw.name
  role       = "roles/storage.objectViewer"
  member     = "${local.principal}/worker"
  depends_on = [google_container_cluster.main]
}

# The API keeps exports in the bucket: it may make and delete what has an export's name.
resource "google_storage_bucket_iam_member" "api_exports" {
  bucket = google_storage_bucket.raw.name
  role   = "roles/storage.objectUser"
  member = "${local.principal}/api"
  condition {
    title      = "exports"
    expression = "resource.type == 'storage.googleapis.com/Object' && resource.name.extract('/export-{name}') != ''"
  }
  depends_on = [google_container_cluster.main]
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each   = google_secret_manager_secret.service
  secret_id  = each.value.id
  role       = "roles/secretmanager.secretAccessor"
  member     = "${local.principal}/secrets-reader"
  depends_on = [google_container_cluster.main]
}
