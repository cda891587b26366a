# Images, compose, manifests, Terraform: what `make` and CI do beyond the code. Included by the Makefile.

COMPOSE  := docker compose -f docker/compose.yaml
TAG      ?= local
REGISTRY ?=
PROFILE  ?= dist
OVERLAY  ?= local
CLOUD    ?= aws
VERSION  := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
REVISION := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
# BROWSER=1: the worker with Chromium as well.
SERVICES := dispatcher worker parser api cli $(if $(BROWSER),worker-browser)
BUILT    := dispatcher worker parser api migrate $(if $(BROWSER),worker-browser)
export TAG PROFILE VERSION REVISION

.PHONY: images push sign sbom up demo down logs compose-test rules manifests-test terraform-check terraform-plan terraform-apply audit k8s-render k8s-local-images k8s-demo deploy smoke rollback notify ci-tools registry-login-aws

# With CACHE=some.registry/harvestman/cache layers are taken from there and put there; that needs a builder of its own.
images: ## the images harvestman/{dispatcher,worker,parser,api,cli}:$TAG; with BROWSER=1 the worker with Chromium too
ifdef CACHE
	docker buildx inspect harvestman >/dev/null 2>&1 || docker buildx create --name harvestman
	docker buildx bake --builder harvestman --file docker/compose.yaml --load \
	  --set '*.cache-from=type=registry,ref=$(CACHE)' --set 'dispatcher.cache-to=type=registry,ref=$(CACHE),mode=max' $(BUILT)
else
	$(COMPOSE) --profile browser build $(BUILT)
endif

registry-login-aws: ## docker's way into the registry of the AWS account
	aws ecr get-login-password | docker login --username AWS --password-stdin $(REGISTRY)

push: ## the images to $REGISTRY/harvestman/...:$TAG
	@test -n "$(REGISTRY)" || { echo "REGISTRY is not set" >&2; exit 2; }
	for s in $(SERVICES); do docker tag harvestman/$$s:$(TAG) $(REGISTRY)/harvestman/$$s:$(TAG) && docker push -q $(REGISTRY)/harvestman/$$s:$(TAG) || exit 1; done

sign: sbom ## sign the pushed images and attach their SBOMs (cosign, keyless)
	for s in $(SERVICES); do \
	  image=$$(docker inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' $(REGISTRY)/harvestman/$$s:$(TAG) | grep -F "$(REGISTRY)/" | head -1) && \
	  cosign sign --yes "$$image" && cosign attest --yes --type cyclonedx --predicate target/sbom/$$s.cdx.json "$$image" || exit 1; done

sbom: ## a CycloneDX bill of materials for each image, in target/sbom
	$(PYTHON) docker/sbom.py target/sbom

up: ## all of Harvestman on this machine; the API on http://localhost:8080
	$(COMPOSE) up --build --wait

demo: ## the same, with a small shop, harvested
	$(COMPOSE) --profile demo up --build --wait
	$(PYTHON) tests/compose/harvest.py

down: ## stop it; `make down VOLUMES=1` forgets the data too
	$(COMPOSE) --profile '*' down $(if $(VOLUMES),--volumes)

logs: ## what it says
	$(COMPOSE) logs --follow --tail 100

compose-test: ## build, start, harvest, scale, kill and restart: nothing is lost
	$(PYTHON) tests/compose/test.py

rules: ## write the PrometheusRule anew from the alerts
	$(PYTHON) k8s/components/monitoring/generate.py

manifests-test: tests/posture/.venv/ready ## Dockerfile, compose, manifests, rules, dashboards, Terraform, pipelines: all that needs no engine and no cloud
	tests/posture/.venv/bin/python -m pytest -q tests/posture

tests/posture/.venv/ready: tests/posture/requirements.txt
	$(PYTHON) -m venv tests/posture/.venv
	tests/posture/.venv/bin/pip install --quiet --disable-pip-version-check -r tests/posture/requirements.txt
	touch $@

terraform-check: ## formatting and rules of terraform/, and `validate` where providers can be had
	terraform fmt -check -recursive terraform
	for d in aws gcp azure; do terraform -chdir=terraform/$$d init -backend=false -input=false >/dev/null && terraform -chdir=terraform/$$d validate || exit 1; done

terraform-plan: ## what $CLOUD would change
	terraform -chdir=terraform/$(CLOUD) init -input=false $(addprefix -backend-config=,$(BACKEND)) && terraform -chdir=terraform/$(CLOUD) plan -input=false -out=plan

terraform-apply: ## change it, as planned
	terraform -chdir=terraform/$(CLOUD) apply -input=false plan

audit: ## licences, bans, sources, advisories (cargo-deny)
	$(CARGO) deny --locked --all-features check

k8s-render: ## write Terraform's outputs into the overlay of $CLOUD (aws, gcp, azure)
	$(PYTHON) k8s/render.py $(CLOUD)

k8s-local-images: images ## the images into a kind cluster
	$(COMPOSE) --profile demo build demo
	for s in $(SERVICES) demo; do kind load docker-image harvestman/$$s:$(TAG) || exit 1; done

# A tag that nobody named is not written into an overlay.
deploy: ## $OVERLAY onto the cluster of kubectl: schema first, then the services, then the smoke test; back if that fails
	k8s/deploy.sh $(OVERLAY) $(if $(filter file,$(origin TAG)),,$(TAG))

k8s-demo: ## harvest the shop of OVERLAY=demo through the deployed API
	kubectl --namespace harvestman port-forward service/api 18080:80 >/dev/null & trap "kill $$!" EXIT; sleep 2; \
	HARVESTMAN_API=http://127.0.0.1:18080 HARVESTMAN_API_KEY=local-only-not-a-secret-0000000000 $(PYTHON) tests/compose/harvest.py

smoke: ## ask the deployed API whether it is well
	k8s/smoke.sh

rollback: ## the previous version of every service
	k8s/rollback.sh

ci-tools: ## what a bare pipeline on Debian or Ubuntu lacks: cargo-deny, promtool, kubectl, npx
	command -v cargo-deny >/dev/null || $(CARGO) install --locked --quiet cargo-deny@0.20.2
	command -v promtool >/dev/null && command -v kubectl >/dev/null && command -v npx >/dev/null || { \
	  sudo=$$(command -v sudo || true); $$sudo apt-get update -qq && $$sudo apt-get install -y -qq --no-install-recommends \
	    $$(command -v promtool >/dev/null || echo prometheus) $$(command -v kubectl >/dev/null || echo kubernetes-client) $$(command -v npx >/dev/null || echo npm); }

notify: ## tell $NOTIFY_URL (Slack, Teams, Mattermost) that a pipeline failed; nothing without it
	@test -z "$(NOTIFY_URL)" || curl --silent --show-error --fail --max-time 20 -H 'Content-Type: application/json' \
	  --data "{\"text\": \"Harvestman: $(or $(WHAT),pipeline) failed at $(REVISION) $(LINK)\"}" "$(NOTIFY_URL)"
