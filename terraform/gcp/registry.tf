resource "google_artifact_registry_repository" "images" {
  #checkov:skip=CKV_GCP_84:images are built from public source; a key of Google's own will do
  repository_id = var.name
  location      = var.region
  format        = "DOCKER"
  docker_config {
    immutable_tags = true
  }
  cleanup_policies {
    id     = "the-last-50"
    action = "KEEP"
    most_recent_versions {
      keep_count = 50
    }
  }
  depends_on = [google_project_service.used]
}
