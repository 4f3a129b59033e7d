"""The spellings of common tags, and the names that are shown for them."""

from collections.abc import Mapping

# Other spellings that blogs use, by the tag that stands for all of them. What two fields use for
# different things ("events": of a system, or where people meet) is left to the configuration.
SPELLINGS: Mapping[str, str] = {
    "agents": "agent ai-agent ai-agents llm-agents",
    "ai": "artificial-intelligence",
    "api": "apis",
    "aws": "amazon-web-services",
    "aws-lambda": "lambda lambdas amazon-lambda",
    "azure": "microsoft-azure",
    "backend": "back-end backend-engineering",
    "ci-cd": "cicd ci cd continuous-integration continuous-delivery continuous-deployment",
    "cpp": "c++ cplusplus",
    "csharp": "c# c-sharp",
    "databases": "database db dbs",
    "distributed-systems": "distributed-system distributed-computing",
    "dotnet": ".net net-core .net-core dotnet-core asp-net",
    "elasticsearch": "elastic-search",
    "event-driven": "event-driven-architecture event-driven-systems",
    "finops": "fin-ops cloud-cost cloud-costs",
    "frontend": "front-end",
    "full-stack": "fullstack",
    "gcp": "google-cloud google-cloud-platform",
    "go": "golang go-lang",
    "how-to": "howto",
    "infrastructure-as-code": "iac",
    "javascript": "js ecmascript java-script",
    "kubernetes": "k8s kube",
    "leadership": "engineering-leadership tech-leadership technical-leadership",
    "llm": "llms large-language-model large-language-models",
    "machine-learning": "ml machinelearning",
    "mcp": "model-context-protocol",
    "messaging": "message-queue message-queues queues",
    "microservices": "microservice micro-services micro-service",
    "multi-cloud": "multicloud",
    "multi-region": "multiregion",
    "nodejs": "node node-js node.js",
    "open-source": "opensource oss foss",
    "postgresql": "postgres pg pgsql",
    "python": "python3 py",
    "rag": "retrieval-augmented-generation",
    "rate-limiting": "rate-limit rate-limits ratelimiting",
    "security": "cyber-security cybersecurity infosec information-security",
    "sre": "site-reliability site-reliability-engineering",
    "technical-debt": "tech-debt techdebt",
    "testing": "tests test",
    "typescript": "ts",
    "zero-trust": "zerotrust zero-trust-architecture",
}

# Names that are not made of the names of their parts.
NAMES: Mapping[str, str] = {
    "aws-lambda": "AWS Lambda",
    "ci-cd": "CI/CD",
    "cpp": "C++",
    "csharp": "C#",
    "dotnet": ".NET",
    "how-to": "How-to",
    "llm": "LLMs",
    "nodejs": "Node.js",
}

# Words that are written in their own way wherever they stand.
WORDS = (
    "AI ML LLM LLMs API APIs SDK CLI UI UX SQL NoSQL HTTP HTTPS gRPC TCP UDP TLS SSL DNS CDN VPN"
    " IAM AWS GCP SRE SLO SLI RAG MCP GPU GPUs CPU TPU OS ETL ELT DDD TDD BDD CQRS CRUD REST SOA"
    " SaaS PaaS IaaS JVM CSS HTML XML JSON YAML CSV PDF PHP EU US UK GDPR SIEM SOC KMS VM VMs BFF"
    " CRM ERP IoT CI CD DB QA PR GPT AR VR NLP ADR RFC OAuth JWT WebAssembly Wasm GraphQL MySQL"
    " SQLite MongoDB DynamoDB PostgreSQL Postgres Redis Kafka RabbitMQ NATS Docker Kubernetes"
    " Istio Linkerd Kong Envoy Terraform Ansible Pulumi Prometheus Grafana OpenTelemetry Datadog"
    " GitHub GitLab Git Linux Windows macOS iOS Android Java Kotlin Scala Rust Python Ruby Rails"
    " Django Flask FastAPI Swift Elixir Erlang Haskell Clojure React Vue Angular Svelte OpenAI"
    " ChatGPT Anthropic Claude Gemini Nvidia DevOps MLOps LLMOps FinOps GitOps DevSecOps DevDay"
    " JavaScript TypeScript Azure Google Amazon Microsoft Cloudflare Snowflake Databricks Spark"
    " Airflow Elasticsearch Lambda"
)
