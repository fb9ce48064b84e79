"""Signs what a page carries to the next one, so that nothing of it need be stored between them."""

from itsdangerous import BadSignature, URLSafeTimedSerializer

_LONGEST = 8192  # letters: what we sign has a few hundred


class SignedValues:
    """Signs JSON values and reads them again.

    Args:
        secret: the same in all replicas.
    """

    def __init__(self, secret: bytes) -> None:
        """Take the secret."""
        self._secret = secret

    def sign(self, purpose: str, value: object) -> str:
        """Return the value as text for addresses and forms; it can be read, but not changed."""
        signed = self._serializer(purpose).dumps(value)
        return signed if isinstance(signed, str) else signed.decode()

    def read(self, purpose: str, text: str, seconds: int) -> object:
        """Return the value; None for what was not signed for this purpose, or is older."""
        if len(text) > _LONGEST:
            return None
        try:
            value: object = self._serializer(purpose).loads(text, max_age=seconds)
        except BadSignature:
            return None
        return value

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret, salt=f"saver-{purpose}")
