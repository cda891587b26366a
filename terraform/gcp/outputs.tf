# The data of k8s/overlays/gke/cluster.yaml; `make k8s-render CLOUD=gcp` writes it there.
output "cluster" {
  description = "What the overlay needs to know; nothing secret."
  value = {
    registry        = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
    archive         = "gs://${google_storage_bucket.raw.name}/raw"
    databaseCidr    = local.servers_cidr
    objectStoreCidr = "199.36.153.8/30"
    project         = var.project
  }
}

output "kubeconfig" {
  description = "The command that gives kubectl its way to the cluster."
  value       = "gcloud container clusters get-credentials ${google_container_cluster.main.name} --region ${var.region} --project ${var.project}"
}
