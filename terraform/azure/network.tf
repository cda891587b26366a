resource "azurerm_virtual_network" "main" {
  name                = var.name
  resource_group_name = local.group
  location            = local.region
  address_space       = [var.cidr]
}

resource "azurerm_subnet" "nodes" {
  name                            = "nodes"
  resource_group_name             = local.group
  virtual_network_name            = azurerm_virtual_network.main.name
  address_prefixes                = [cidrsubnet(var.cidr, 4, 0)]
  default_outbound_access_enabled = false
}

resource "azurerm_subnet" "database" {
  name                            = "database"
  resource_group_name             = local.group
  virtual_network_name            = azurerm_virtual_network.main.name
  address_prefixes                = [cidrsubnet(var.cidr, 4, 6)]
  default_outbound_access_enabled = false
  delegation {
    name = "postgres"
    service_delegation {
      name    = "Microsoft.DBforPostgreSQL/flexibleServers"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_subnet" "endpoints" {
  name                              = "endpoints"
  resource_group_name               = local.group
  virtual_network_name              = azurerm_virtual_network.main.name
  address_prefixes                  = [cidrsubnet(var.cidr, 8, 112)]
  default_outbound_access_enabled   = false
  private_endpoint_network_policies = "Enabled"
}

# The servers' subnets answer to the network and to nobody else.
resource "azurerm_network_security_group" "inside" {
  name                = "${var.name}-inside"
  resource_group_name = local.group
  location            = local.region
  security_rule {
    name                       = "from-the-network"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = var.cidr
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_ranges    = ["443", "5432"]
  }
}

# The cluster's load balancer is the only way in from outside.
resource "azurerm_network_security_group" "nodes" {
  name                = "${var.name}-nodes"
  resource_group_name = local.group
  location            = local.region
  security_rule {
    name                       = "https-to-the-load-balancer"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "Internet"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "443"
  }
}

resource "azurerm_subnet_network_security_group_association" "nodes" {
  subnet_id                 = azurerm_subnet.nodes.id
  network_security_group_id = azurerm_network_security_group.nodes.id
}

resource "azurerm_subnet_network_security_group_association" "database" {
  subnet_id                 = azurerm_subnet.database.id
  network_security_group_id = azurerm_network_security_group.inside.id
}

resource "azurerm_subnet_network_security_group_association" "endpoints" {
  subnet_id                 = azurerm_subnet.endpoints.id
  network_security_group_id = azurerm_network_security_group.inside.id
}

# Nodes have no public address; what workers fetch leaves here.
resource "azurerm_public_ip" "nat" {
  name                = "${var.name}-nat"
  resource_group_name = local.group
  location            = local.region
  allocation_method   = "Static"
  sku                 = "Standard"
}

resource "azurerm_nat_gateway" "main" {
  name                    = var.name
  resource_group_name     = local.group
  location                = local.region
  sku_name                = "Standard"
  idle_timeout_in_minutes = 10
}

resource "azurerm_nat_gateway_public_ip_association" "main" {
  nat_gateway_id       = azurerm_nat_gateway.main.id
  public_ip_address_id = azurerm_public_ip.nat.id
}

resource "azurerm_subnet_nat_gateway_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  nat_gateway_id = azurerm_nat_gateway.main.id
}

# Names of the private addresses.
resource "azurerm_private_dns_zone" "private" {
  for_each = {
    blob     = "privatelink.blob.core.windows.net"
    vault    = "privatelink.vaultcore.azure.net"
    postgres = "${var.name}.private.postgres.database.azure.com"
  }
  name                = each.value
  resource_group_name = local.group
}

resource "azurerm_private_dns_zone_virtual_network_link" "private" {
  for_each              = azurerm_private_dns_zone.private
  name                  = each.key
  resource_group_name   = local.group
  private_dns_zone_name = each.value.name
  virtual_network_id    = azurerm_virtual_network.main.id
}
