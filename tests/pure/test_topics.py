"""What tags mean, how they are shown, and which topic they speak for."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.posts.topics import (
    TopicSettings,
    canonical_tag,
    common_tags,
    display_tag,
    topic_of,
    topic_slug,
)

SHIPPED = Path(__file__).resolve().parents[2] / "config.toml"
SETTINGS = TopicSettings(
    topics={
        "AI systems": ("ai", "llm", "agents", "rag"),
        "Cloud": ("cloud", "aws", "kubernetes", "serverless"),
        "Distributed systems": ("distributed-systems", "databases", "event-driven", "messaging"),
        "Leadership": ("leadership", "technical-debt"),
    },
    aliases={"event-driven": ("events", "Event Bus")},
    names={"llm": "Language models", "sre": "Reliability"},
)


@pytest.mark.parametrize(
    ("tag", "slug"),
    [
        ("golang", "go"),
        ("Go", "go"),
        ("#Golang", "go"),
        ("K8s", "kubernetes"),
        ("Postgres", "postgresql"),
        ("database", "databases"),
        ("Tech Debt", "technical-debt"),
        ("message queues", "messaging"),
        ("engineering_leadership", "leadership"),
        ("Lambda", "aws-lambda"),
        ("Model Context Protocol", "mcp"),
        ("AI Agents", "agents"),
        ("C++", "cpp"),
        ("C#", "csharp"),
        (".NET", "dotnet"),
        ("Node.js", "nodejs"),
        ("CI/CD", "ci-cd"),
        ("Zero  Trust", "zero-trust"),
        ("データベース", "データベース"),
        ("  ", ""),
        ("#", ""),
    ],
)
def test_every_spelling_of_a_tag_has_one_slug(tag: str, slug: str) -> None:
    assert canonical_tag(tag) == slug


@given(st.text(max_size=60))
def test_a_slug_is_its_own_slug(tag: str) -> None:
    assert canonical_tag(canonical_tag(tag)) == canonical_tag(tag)
    assert display_tag(tag) == display_tag(tag).strip()


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("ai-architecture", "AI architecture"),
        ("cyber-security-patterns", "Cyber security patterns"),
        ("multi-cloud-infrastructure", "Multi-cloud infrastructure"),
        ("event-driven", "Event-driven"),
        ("api-gateway", "API gateway"),
        ("golang", "Go"),
        ("GOLANG", "Go"),
        ("k8s", "Kubernetes"),
        ("graphql", "GraphQL"),
        ("aws-lambda", "AWS Lambda"),
        ("gpt-4", "GPT-4"),
        ("build-vs-buy", "Build vs buy"),
        ("ci", "CI/CD"),
        ("c++", "C++"),
        ("ios-testing", "iOS testing"),
        ("EU AI Act", "EU AI Act"),
        ("agentic RAG", "Agentic RAG"),
        ("synthetic data", "Synthetic data"),
        ("FinOps", "FinOps"),
        ("Über uns", "Über uns"),
        ("", ""),
    ],
)
def test_a_tag_is_shown_as_people_write_it(tag: str, name: str) -> None:
    assert display_tag(tag) == name


def test_the_configuration_knows_better() -> None:
    assert canonical_tag("Events", settings=SETTINGS) == "event-driven"
    assert canonical_tag("event bus", settings=SETTINGS) == "event-driven"
    assert display_tag("LLMs", settings=SETTINGS) == "Language models"
    assert display_tag("site-reliability-engineering", settings=SETTINGS) == "Reliability"


@pytest.mark.parametrize(
    ("tags", "topic"),
    [
        (["llms"], "AI systems"),
        (["AI Agents"], "AI systems"),
        (["ai-architecture"], "AI systems"),
        (["multi-cloud-infrastructure"], "Cloud"),
        (["database"], "Distributed systems"),
        (["cloud-databases", "event-bus"], "Distributed systems"),
        (["serverless", "ai"], "Cloud"),  # the first tag is the main one
        (["serverless", "ai", "rag"], "AI systems"),  # but more tags say more
        (["engineering-leadership", "cloud-native"], "Leadership"),
        (["cloudy", "said"], None),  # parts of words are no words
        (["rust"], None),
        ([], None),
    ],
)
def test_the_tags_name_the_topic(tags: list[str], topic: str | None) -> None:
    assert topic_of(tags, settings=SETTINGS) == topic


def test_a_newsletter_without_topics_has_none() -> None:
    assert topic_of(["ai"], settings=TopicSettings()) is None


def test_the_topics_that_the_shipped_file_suggests_can_be_taken_over() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    suggested = "".join(re.findall(r'^# {3}(topics\."(?:.+\n# {5})*.+\n)', text, re.MULTILINE))
    topics = tomllib.loads(re.sub(r"(?m)^# {5}", "", suggested))["topics"]
    settings = TopicSettings(topics={name: tuple(tags) for name, tags in topics.items()})
    found = [
        topic_of([tag], settings=settings)
        for tag in (
            "LLMs",
            "k8s",
            "Postgres",
            "infosec",
            "multi-cloud",
            "SRE",
            "golang",
            "gardening",
        )
    ]
    assert found == [
        "AI",
        "Cloud",
        "Data",
        "Security",
        "Cloud",
        "Operations",
        "Languages and tools",
        None,
    ]


def test_tags_are_counted_once_a_post_and_under_one_name() -> None:
    posts = [["golang", "Go", "LLMs"], ["go"], ["llm", "###"], []]
    assert common_tags(posts, settings=SETTINGS) == [("Go", 2), ("Language models", 2)]


@pytest.mark.parametrize(
    ("topic", "slug"),
    [
        ("AI architecture", "ai-architecture"),
        ("C", "c"),
        ("C++", "c-plus-plus"),
        ("C#, F#", "c-sharp-f-sharp"),
        ("Search & ranking", "search-and-ranking"),
        ("Безопасность", "безопасность"),
        ("☁", "other"),
    ],
)
def test_a_topic_has_one_slug_for_addresses_and_choices(topic: str, slug: str) -> None:
    assert topic_slug(topic) == slug
