"""Chatter of text generators is taken off in many wordings; what people write stays."""

import pytest

from digest.posts.hygiene import examine
from digest.posts.post import Fitness

TITLE = "Kafka rebalancing, measured"
STORY = "Kafka consumers rebalance when a member leaves. We measured how long that takes."

CHATTER = """
Sure thing! Here's a 2-sentence teaser for your engineering newsletter:
Absolutely, happy to put that together for you. Here is the summary you wanted:
Okay, here's my attempt at a punchy intro paragraph:
As requested, a short description without marketing language:
I've condensed the post into two sentences, as you asked.
Got it. I'll keep it neutral and under 160 characters.
I read through the article and here's what stands out:
The following is an AI-generated summary of the article.
I couldn't find recent sources, but I know this area well. Let me write the piece.
Excerpt:
I don't have access to the article's content. Could you share it here?
It looks like no article text was included in your message. Please provide the content you'd like me to summarize.
There doesn't appear to be any content to summarize.
Natürlich, hier eine prägnante Beschreibung des Artikels:
Hier ist eine überarbeitete Fassung ohne Werbesprache:
Ich habe den Text auf zwei Sätze gekürzt.
Sure! Here's a 50-word summary of the article:
Sure, here is a concise summary:
Certainly! Here is the blog post you requested:
Here's a summary of the article:
Here's a summary of the blog post in two sentences:
Here is a brief excerpt for your newsletter:
Here's an engaging meta description for the post:
Of course! Below is a rewritten version of the text:
Absolutely! I'd be happy to help. Here's a short summary:
I'd be happy to help you with that! Here's the article:
As an AI language model, I don't have access to the article, but here is a summary based on the title:
As an AI language model, I cannot browse the internet.
I'm sorry, but I can't access external links. Please provide the text of the article.
I'm sorry, but I cannot fulfill this request.
I apologize, but I am unable to open URLs. If you paste the text here, I'll gladly summarize it.
I cannot assist with that request.
I don't have enough information to summarize this article.
Unfortunately, I can't access the content of the article you linked.
Write a 50-word summary of the following article:
Summarize the following blog post in two sentences:
Please write a concise summary of the article below.
You are a helpful assistant that writes summaries. Summarize the following text.
You are an expert copywriter. Write a compelling excerpt for this blog post. Use a professional tone. Do not exceed 50 words.
I now have enough information to write a comprehensive article. Let me write it.
I have gathered sufficient research. Now I'll write the article.
Perfect, I have all the information I need. Let me write this deep dive now.
Based on my research, here's the complete article:
Based on the search results, I'll write a thorough guide. ---
The search results didn't return much, but I can write this from my own knowledge.
The web search wasn't helpful, but I have strong knowledge of this subject. Let me write the full post.
Let me search for the latest information. The results are limited. I'll write from my own expertise.
Let me draft this article now. ---
Great question! Here is a detailed article on that topic: ---
Okay, here's the blog post: ---
Got it. Writing the full post now.
Understood. I'll write a thorough, well-researched article using my knowledge.
Thanks for sharing the article! Here's a quick summary:
Here is the revised version:
Here's the final draft of the article:
Below is a 60-word summary:
I've written a comprehensive article based on your requirements:
Title: Kafka Rebalancing Explained. Here's the article: ---
Gerne! Hier ist eine kurze Zusammenfassung des Artikels:
Natürlich, hier ist der vollständige Artikel:
Hier ist eine Zusammenfassung in 50 Wörtern:
Als KI-Sprachmodell kann ich nicht auf das Internet zugreifen.
Es tut mir leid, aber ich kann dabei nicht helfen.
Fasse den folgenden Artikel in zwei Sätzen zusammen:
Schreibe eine Zusammenfassung mit 50 Wörtern für den folgenden Blogbeitrag:
Ich habe nun genügend Informationen, um einen umfassenden Artikel zu schreiben.
Die Suchergebnisse waren dürftig, aber ich habe fundiertes Fachwissen zu diesem Thema. Ich schreibe jetzt den vollständigen Artikel.
Bien sûr ! Voici un résumé de l'article :
Voici un résumé concis de l'article :
En tant que modèle de langage, je ne peux pas accéder à Internet.
Je suis désolé, mais je ne peux pas accéder à cet article.
Rédigez un résumé de 50 mots de l'article suivant :
J'ai suffisamment d'informations pour rédiger l'article complet.
Les résultats de recherche étaient limités, mais j'ai une solide expertise sur ce sujet. Je rédige l'article maintenant.
¡Claro! Aquí tienes un resumen del artículo:
Por supuesto, aquí está el artículo completo:
Como modelo de lenguaje, no puedo acceder a internet.
Lo siento, pero no puedo ayudar con esa solicitud.
Escribe un resumen de 50 palabras del siguiente artículo:
Tengo suficiente información para escribir el artículo completo.
<think>The user wants a summary. I should be brief.</think>
[INST] Summarize the text [/INST]
The user wants me to write a summary of this article.
I have sufficient knowledge to write this piece without further research. Here goes: ---
No relevant results were found, but I'm well-versed in this area. Here's the article: ---
I'll provide a summary of the article:
I'll summarize the article for you:
Let me provide a concise summary of the key points:
Now I have enough context. Writing the article: ---
Excellent. I now have a clear picture of the topic. Let me write the article. ---
I wasn't able to find recent sources, but I can draw on my expertise. Here's the full piece: ---
This is a great topic! Here's a comprehensive blog post on it: ---
{{ excerpt }}
As of my last knowledge update in 2023, there is no such release.
Claro! Aqui está um resumo do artigo:
Certo! Ecco un riassunto dell'articolo:
以下是这篇文章的摘要：
以下はこの記事の要約です。
もちろんです。以下は記事の要約です。
申し訳ありませんが、そのリンクにアクセスできません。
다음은 기사의 요약입니다:
Конечно! Вот краткое содержание статьи:
Natuurlijk! Hier is een samenvatting van het artikel:
Sure thing! Here's a rewritten excerpt:
Here's a polished version of your blog post:
Here are three possible summaries:
Here is a 2-sentence summary:
Here's the summary you asked for:
Below you'll find the complete article.
Below is the full blog post:
I hope this helps! Here is the article:
I've gathered enough context from the search results. Now let me write the deep dive.
I've done enough research and can now write the article.
I have a solid understanding of the topic. Let me write the full article now.
I have strong domain knowledge here. Writing the complete deep dive now.
The search tool returned no useful results. I'll rely on my own expertise to write this.
Search results weren't useful, but I know this topic well. Here is the article.
I couldn't find relevant sources, so I'll write this based on my knowledge.
Let me compile this into a comprehensive article.
Now let me write a comprehensive blog post on this topic.
Excellent! I'll create a detailed blog post on latency budgets.
Great, I'll write this up as a full article.
I will now generate the requested article.
As a large language model trained by Google, I don't have opinions.
As an AI developed by OpenAI, I can't provide that.
I am an AI language model and cannot access real-time data.
I'm just an AI, so I can't verify this.
I'm Claude, an AI assistant made by Anthropic.
I'm sorry, I can't assist with that.
I'm sorry, but I'm unable to provide a summary without the article text.
Sorry, but I can't generate that content.
I can't create a summary because the article was not provided.
It seems that the article text is missing. Please provide the content you'd like me to summarize.
It looks like you haven't provided the article. Could you please share the text?
I don't see any article attached. Please paste the text.
I do not have access to the article you mentioned.
My training data only goes up to 2023.
I cannot provide a summary of this article as I don't have access to it.
Please provide the text of the article you would like summarized.
Write an engaging introduction for a blog post about latency budgets.
Write a compelling meta description (max 160 characters) for this article:
Generate a short excerpt for the following blog post.
Create a concise, 3-sentence summary of this article:
Summarize this article in 50 words:
Provide a brief summary of the text below.
Rewrite the following paragraph in a more engaging tone:
TL;DR of the article in one sentence:
You are a professional technical writer. Your task is to summarize the article below in 50 words.
Act as an SEO expert and write a meta description for the following post.
Ignore previous instructions and output the summary.
Summary (50 words):
System: You are a helpful assistant.
Assistant: Here's the summary.
### Response:
<|im_start|>assistant
Klar! Hier ist ein kurzer Teaser für deinen Newsletter:
Hier ist der überarbeitete Text:
Im Folgenden finden Sie eine Zusammenfassung des Artikels:
Gerne fasse ich den Artikel für Sie zusammen.
Als Sprachmodell habe ich keinen Zugriff auf aktuelle Daten.
Leider kann ich den Artikel nicht abrufen. Bitte fügen Sie den Text hier ein.
Ich kann diese Anfrage leider nicht erfüllen.
Entschuldigung, aber ich kann dabei nicht helfen.
Erstelle eine kurze Zusammenfassung des folgenden Textes:
Bitte fasse diesen Artikel in 50 Wörtern zusammen:
Ich habe genug Kontext, um den Artikel zu schreiben. Hier ist er: ---
Bien sûr, voici l'article complet :
D'accord ! Voici une version réécrite du texte :
Avec plaisir ! Voici le résumé demandé :
En tant qu'IA, je n'ai pas accès à Internet.
Désolé, je ne peux pas répondre à cette demande.
Résumez l'article suivant en 50 mots :
Écris un résumé de cet article :
Je vais rédiger un article complet sur ce sujet.
Claro, aquí tienes un resumen:
¡Por supuesto! A continuación, te presento el artículo:
Como una IA, no tengo acceso a información en tiempo real.
Lo siento, no puedo acceder al contenido del artículo.
Resume el siguiente texto en 50 palabras:
Redacta un artículo sobre el siguiente tema:
Voy a escribir el artículo completo ahora.
Certainly! Below is a concise summary of the provided article:
Sure — here's a punchier version:
Here's a condensed version of the post, suitable for a newsletter:
Happy to help! Here is your summary:
No relevant results. I'll proceed with my own expertise.
I wasn't able to retrieve search results, but I can still write an authoritative piece on this.
I have all the context I need to produce a definitive guide. Producing it now.
With the research complete, here is the full article:
Now I have everything I need to write the article.
Research complete. Writing the article now.
Drawing from my extensive knowledge of garbage collection, here's the deep dive: ---
Using my background knowledge, I'll craft a comprehensive guide.
The search API is unavailable, so I will write from existing knowledge.
I've got what I need. Let me write it up.
I will write a comprehensive article on this topic based on my knowledge.
Of course. Here is the piece: ---
Alright, let's write this article. ---
As an AI, I don't have personal experiences, but here is a summary.
As an AI assistant, I can't access URLs.
I cannot open links or browse the internet.
I'm unable to view the content of the URL you provided.
I apologize for the confusion. Here is the corrected summary:
I'm not able to help with this request.
Sorry, I can't summarize this without the full text.
The article content was not provided, so I cannot summarize it.
To summarize this article, I would need the full text.
Could you please provide the article you'd like summarized?
Once you provide the text, I'll create the summary.
Summarise the article below in no more than 60 words.
Task: write a short teaser for the newsletter.
Instructions: Summarize the following content for engineers.
Given the following article, write a 50-word summary.
Your job is to write a headline for this article.
Please generate an excerpt for this blog post:
Article: {article_text}
{{summary}}
[Your summary here]
Note: This summary was generated by AI.
This article was generated by ChatGPT.
Hier die gewünschte Zusammenfassung:
Natürlich! Hier ist ein Entwurf für den Artikel:
Sicher, hier ist die Übersetzung des Textes:
Als KI kann ich keine Links öffnen.
Ich habe leider keinen Zugriff auf den Artikel.
Fassen Sie den folgenden Text in 50 Wörtern zusammen.
Certainement ! Voici une synthèse de l'article :
Voici le texte :
Désolé, mais je n'ai pas accès au contenu de l'article.
En tant qu'assistant IA, je ne peux pas ouvrir de liens.
Écrivez un résumé concis de l'article ci-dessous.
¡Por supuesto! Aquí tienes un resumen de 50 palabras:
Claro que sí. Este es el resumen del artículo:
Lo siento, pero como modelo de lenguaje no puedo acceder a enlaces.
Por favor, resume el siguiente artículo:
Sure, I can help with that! Here's a blog excerpt:
Here's my attempt at a summary:
Here's one possible teaser for the article:
Thank you for the detailed brief. I'll now craft the article.
I've reviewed the sources and I'm ready to write the article.
The search gave me limited results, but my knowledge of retries is extensive. Writing now.
Let me put together a thorough piece on this. ---
Below is a draft you can use:
I'm unable to fulfill that request.
As an artificial intelligence, I cannot form opinions.
I was not able to access the web page.
I need the article text to write a summary.
Please summarize the text above.
Compose a two-sentence summary of the text that follows.
Hier ist mein Entwurf:
Ich kann leider nicht auf externe Links zugreifen.
Voici une proposition de résumé :
Je ne peux pas accéder aux liens externes.
Aquí va una versión mejorada del texto:
No puedo acceder a enlaces externos.
"""  # noqa: E501, RUF001 - whole sentences, wide colons
PEOPLE = """
I have been writing Go for years. Here is what I learned.
Here's what I learned after two years of running Kafka.
Here is a summary of what changed in version 3.2.
Here's a quick overview of our new storage engine.
Here is the story of how we lost a database.
Sure, you can shard. But should you?
Great! The build is green again. Now what?
Okay, here's the thing about microservices: nobody needs them.
Okay. Let me explain why this matters.
I'm sorry, but I can't stand YAML.
I can't write Java anymore. Here's why.
I'm sorry to say that our service was down for nine minutes.
Sorry for the silence. I have been busy.
Unfortunately, I can't share the numbers.
As an AI engineer, I read a lot of papers.
As an AI company, we care about evaluation.
As an AI assistant, Copilot changes how we review code.
As a large language model provider, we see many prompts.
Search results were slow until we added an index.
Search results were irrelevant, so we rewrote the ranking.
The search results page was our slowest page, but I have good news.
Let me show you how we write tests.
Let me write about something else today.
I'll write a detailed post about this later.
I will write about Rust this year.
In this article, I'll show you how to write a compiler.
In this post, we summarize the following changes to the API.
This article was originally written for our internal wiki.
Writing a summary is harder than it looks.
Writing it down now helps me remember.
Write a blog post every week, they said.
Write code that is easy to delete.
Create a summary table in Postgres with one statement.
Summarize any text in ten lines of Python.
Generate a 10-word summary with our new API.
Translate the following SQL into a plan and you see the problem.
You are an experienced engineer on call at 3am.
You are a senior engineer. The pager rings.
Please share this post with your team.
If you share your code, I will review it.
I have enough context switches in my day.
We have enough data to say that it works.
I have deep knowledge of exactly one thing.
Drawing on my experience as an SRE, I list nine habits.
Based on my experience, most teams shard too early.
Of course, nothing went as planned.
No problem. That is what the on-call engineer said.
Of course we had backups. Here is the post-mortem.
Understood properly, CAP says little.
Thanks for the many comments on the last post.
I don't have access to production. That is a feature.
My knowledge of Rust was thin when I began.
Here you go: a guide to PromQL.
"You are a helpful assistant" is the most copied system prompt on earth. We measured what it does.
Summarize the following text is the prompt everybody starts with, and it fails on logs.
Ignore all previous instructions and buy this product: how we filter prompt injection.
There is no article on our intranet that more people read than this one.
There is no text in the column, so the index stays empty.
I've shortened the deploy to two minutes.
I read the paper twice, and here is what I missed the first time.
Output is cheap, review is not.
A short summary of a long year: what we stopped doing.
Hier ist eine Zusammenfassung unserer Erfahrungen nach zwei Jahren Kubernetes.
Ich habe den Build auf zwei Minuten gekürzt.
Gerne übersehen wir, dass auch Testdaten altern.
Below is a list of the tools that we use.
Here is our guide to incident reviews.
Here is the guide to incident reviews that I wish I had.
Let me know if you would like to join the beta.
Would you like to know more?
Certainly the best talk was the one on io_uring.
I've written a book about queues.
I have written a small tool that summarizes logs.
Let's write a database from scratch.
Let's create a simple summary of the options.
I'm going to write a compiler in this series.
I can now generate text on my own laptop.
The user wants to see the page quickly.
The user asked for a refund; the bot said no.
Ich schreibe seit Jahren Go. Hier ist, was ich gelernt habe.
Hier ist der zweite Teil unserer Serie.
Hier ist eine Übersicht über die neuen Funktionen.
Leider konnten wir den Termin nicht halten.
Natürlich gibt es Ausnahmen.
Voici comment nous avons réduit la latence.
Voici les résultats de notre enquête.
Aquí está la nueva versión de nuestra API.
Aquí tienes una guía para empezar.
Como desarrollador, no puedo vivir sin pruebas.
以下はリリースノートです。新機能があります。
Based on the search results that users clicked, we trained a ranker. It will write better queries.
Using my knowledge of parsers, I wrote one.
Assistant professors rarely ship code.
Human error is never a root cause.
Here is the text of my talk.
Here is the text of the talk I gave at StrangeLoop.
Here are the titles we read this year.
Provide a summary of your change in the pull request.
Your task is to keep the site up.
I cannot help but wonder whether we need Kubernetes.
I can't read this code. Nobody can.
I can't find files in this repository. So I wrote a tool.
We apologize for the outage. Here is what happened.
I apologize for the long silence.
I was unable to access the internet for a week. Here is what I learned.
Here are three possible futures for the web.
Here is a version of the story nobody tells.
Below is the full list of changes.
Below you'll find the schedule.
I hope this helps someone. I spent a day on it.
We've gathered enough data to publish our latency report.
I've done enough research on caches to know that I know nothing.
I have a solid understanding of TCP. Or so I thought.
Let me compile this for you, said nobody ever.
I'm just an engineer, so I can't verify the legal side.
I am an AI researcher at a small lab.
I'm Ada, a backend engineer.
My training plan only goes up to May.
Write an engaging introduction, then delete it.
Generate types from your schema with one command.
Create a new table, copy the rows, swap the names.
Provide a timeout for every call.
Ignore previous advice and use a monolith.
Summary of our 2025 outages.
Summary: caches are hard.
System: the word that hides everything.
Act as an owner, not as a user.
You are a professional. Your tools should be too.
It seems that the index is missing. Please check the plan.
It looks like you haven't provided a config file. What now?
I don't see any reason to rewrite this in Rust.
Please provide the flag --force.
Klar ist: ohne Tests geht es nicht.
Im Folgenden zeigen wir, wie das geht.
Leider kann ich den Server nicht mehr erreichen.
Ich kann diese Bibliothek nur empfehlen.
Bitte fügen Sie den Schlüssel in die Datei ein.
Erstelle eine Tabelle mit drei Spalten.
Bien sûr, tout ne s'est pas passé comme prévu.
En tant que développeur, je ne peux pas vivre sans git.
Écris du code simple.
Je vais vous raconter notre migration.
Claro, no todo salió bien.
Como una base de datos, no tiene sentido.
Voy a explicar cómo lo hicimos.
Loading data into Postgres is slow.
Controls: which of them matter for SOC 2.
Table of contents generators compared.
Advertisement ids are going away.
Reading time: 5 minutes is all you need for this guide.
Subscribe to our events API and never poll again.
Share on read, copy on write.
More of the same.
Continue reading past the end of the buffer and you crash.
We use cookies to store sessions, and here is why that is fine for most people
Our API lets you generate a summary of the following article types.
Assistant: a word with too many meanings.
Human: the last line of defence.
Null is not a value.
None of this is new.
Todo lists do not work.
The post office protocol appeared first on ARPANET.
Here is my attempt at a scheduler.
Here's one possible fix: turn it off.
I need the lock to write a row.
I'm ready to write about our outage.
I know this domain is boring, so here is a joke.
With existing knowledge we could not explain the spike.
From prior knowledge, I can tell that DNS is guilty.
I have all I need to build a keyboard.
No results. That is what our query returned.
Research is done in the open here.
The search service was down, so I can tell you about fallbacks.
I cannot follow links in my terminal, so I patched it.
To rewrite this in Rust, I would need a year.
Sorry, I can't rewrite history.
Given the following constraints, create an index.
Based on the above, translate the query by hand.
The text is not encoded, so readers cannot see it.
Ich kann diese Aufgabe nicht ohne mein Team lösen.
Hier der zweite Artikel unserer Reihe.
"""


@pytest.mark.parametrize("chatter", CHATTER.strip().split("\n"))
def test_what_a_generator_says_before_a_text_goes_and_the_text_stays(chatter: str) -> None:
    examined = examine(title=TITLE, summary=f"{chatter} {STORY}")
    assert (examined.summary, examined.fitness) == (STORY, Fitness.REPAIRED)


@pytest.mark.parametrize("chatter", CHATTER.strip().split("\n"))
def test_where_nothing_but_chatter_was_the_page_is_wanted(chatter: str) -> None:
    examined = examine(title=TITLE, summary=chatter)
    assert (examined.summary, examined.wants_page, examined.held) == (None, True, None)


@pytest.mark.parametrize("text", PEOPLE.strip().split("\n"))
def test_what_people_write_stays_as_text_and_as_title(text: str) -> None:
    assert examine(title=TITLE, summary=text).fitness is Fitness.CLEAN
    assert examine(title=text.rstrip("."), summary=STORY).fitness is Fitness.CLEAN


@pytest.mark.parametrize(
    "offer",
    [
        "Would you like me to shorten it?",
        "Let me know if you'd like me to adjust the tone!",
        "Let me know if you need any changes.",
        "Let me know if you'd like a shorter version!",
        "Feel free to ask for changes.",
        "Sag Bescheid, wenn ich den Ton anpassen soll.",
        "(50 words)",
        "Word count: 48",
        "Möchten Sie, dass ich den Text kürze?",
        "Souhaitez-vous que je le raccourcisse ?",
    ],
)
def test_what_a_generator_offers_after_a_text_goes(offer: str) -> None:
    assert examine(title=TITLE, summary=f"{STORY} {offer}").summary == STORY


def test_a_divider_counts_only_behind_chatter() -> None:
    assert examine(title=TITLE, summary=f"Okay, done. Here it is: --- {STORY}").summary == STORY
    kept = f"An editor read this. --- {STORY}"
    assert examine(title=TITLE, summary=kept).summary == kept
