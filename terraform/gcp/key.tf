# One key for raw pages, cluster secrets and node disks. Database, registry and Secret Manager are encrypted with keys of Google's own.
resource "google_kms_key_ring" "main" {
  name       = var.name
  location   = var.region
  depends_on = [google_project_service.used]
}

resource "google_kms_crypto_key" "main" {
  name            = var.name
  key_ring        = google_kms_key_ring.main.id
  rotation_period = "7776000s"
  lifecycle {
    prevent_destroy = true
  }
}

data "google_storage_project_service_account" "this" {}

locals {
  number = data.google_project.this.number
  agents = [
    "serviceAccount:${data.google_storage_project_service_account.this.email_address}",
    "serviceAccount:service-${local.number}@container-engine-robot.iam.gserviceaccount.com",
    "serviceAccount:service-${local.number}@compute-system.iam.gserviceaccount.com",
  ]
}

resource "google_kms_crypto_key_iam_member" "agents" {
  for_each      = toset(local.agents)
  crypto_key_id = google_kms_crypto_key.main.id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
}
