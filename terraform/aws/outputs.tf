# The data of k8s/overlays/eks/cluster.yaml; `make k8s-render CLOUD=aws` writes it there.
output "cluster" {
  description = "What the overlay needs to know; nothing secret."
  value = {
    registry        = "${local.account}.dkr.ecr.${var.region}.amazonaws.com"
    archive         = "s3://${aws_s3_bucket.raw.bucket}/raw?region=${var.region}"
    databaseCidr    = local.servers_cidr
    objectStoreCidr = local.servers_cidr
    brokerCidr      = local.servers_cidr
    region          = var.region
    workerRole      = aws_iam_role.service["worker"].arn
    parserRole      = aws_iam_role.service["parser"].arn
    apiRole         = aws_iam_role.service["api"].arn
    secretsRole     = aws_iam_role.service["secrets"].arn
  }
}

output "kubeconfig" {
  description = "The command that gives kubectl its way to the cluster."
  value       = "aws eks update-kubeconfig --region ${var.region} --name ${aws_eks_cluster.main.name}"
}
