variable "name" {
  type        = string
  default     = "harvestman"
  description = "What every name begins with."
}

variable "region" {
  type        = string
  default     = "eu-central-1"
  description = "The region."
}

variable "zone_letters" {
  type        = list(string)
  default     = ["a", "b", "c"]
  description = "The three zones of the region."
}

variable "cidr" {
  type        = string
  default     = "10.20.0.0/16"
  description = "The network, a /16: nodes in /20s, servers in the /20 number 6."
}

variable "admin_cidrs" {
  type        = list(string)
  default     = []
  description = "From where the cluster's API may be called; empty: from inside the network only."
}

variable "admin_role_arns" {
  type        = list(string)
  default     = []
  description = "IAM roles that administer the cluster."
}

variable "github_repository" {
  type        = string
  default     = ""
  description = "owner/name of the repository whose main branch may push images and deploy; empty: none."
}

variable "kubernetes_version" {
  type        = string
  default     = "1.33"
  description = "The version of EKS."
}

variable "nodes" {
  type        = object({ type = string, min = number, max = number })
  default     = { type = "m7i.large", min = 3, max = 12 }
  description = "The nodes: their type and how many."
}

variable "nat_per_zone" {
  type        = bool
  default     = true
  description = "A NAT gateway in each zone (true), or one for all: cheaper, and gone when its zone is."
}

variable "database" {
  type        = object({ class = string, storage_gb = number, max_storage_gb = number })
  default     = { class = "db.m7g.large", storage_gb = 100, max_storage_gb = 2000 }
  description = "The database: its class and its disk in GB, which grows by itself."
}

variable "broker_class" {
  type        = string
  default     = "mq.m7g.large"
  description = "The class of the broker's three nodes; RabbitMQ 4 runs on m7g only."
}

variable "raw_days" {
  type        = object({ infrequent = number, expire = number })
  default     = { infrequent = 30, expire = 365 }
  description = "Raw pages move to infrequent access after so many days, and go after so many; 0: never."
}

variable "alarm_email" {
  type        = string
  default     = ""
  description = "Who is told of alarms; empty: nobody."
}
