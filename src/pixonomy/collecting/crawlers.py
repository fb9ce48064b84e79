"""Decides by a robot's name whether what is said to it holds for us, who gather for training."""

TRAINING_CRAWLERS = {
    name.casefold(): name
    for name in (
        "AI2Bot", "Ai2Bot-Dolma", "Amazonbot", "anthropic-ai", "Applebot-Extended", "Bytespider",
        "CCBot", "ChatGLM-Spider", "Claude-Web", "ClaudeBot", "cohere-ai",
        "cohere-training-data-crawler", "Cotoyogi", "DeepSeekBot", "Diffbot", "FacebookBot",
        "Google-Extended", "GPTBot", "GrokBot", "ICC-Crawler", "ImagesiftBot", "img2dataset",
        "Kangaroo Bot", "LAIONDownloader", "laion-huggingface-processor", "LCC",
        "Meta-ExternalAgent", "omgili", "omgilibot", "PanguBot", "SBIntuitionsBot", "Spawning-AI",
        "TikTokSpider", "Timpibot", "VelenPublicWebCrawler", "Webzio-Extended", "xAI-Bot",
    )
}  # fmt: skip
"""Names in small letters → as their operators write them: crawlers, and tokens of robots.txt, whose
operators say that what they gather is trained on, and the archives that data sets are made from.

After the lists that operators publish and that github.com/ai-robots-txt/ai.robots.txt gathers;
crawlers that only search or that fetch for a reader (OAI-SearchBot, ChatGPT-User, PerplexityBot)
are not among them. Who shuts these out objects to training, whoever trains: it holds for us too,
unless they name us."""


def means_us(name: str, agent: str) -> bool:
    """Tell whether what is said to a robot is said to us: by our name, or to all who train."""
    plain = name.partition("/")[0].strip().casefold()
    return plain == agent.casefold() or plain in TRAINING_CRAWLERS
