"""The store's uploads: images kept for one consent or both, and what was said about them."""

from pixonomy.state import saver_rows, upload_rows
from pixonomy.state.opened_state import OpenedState
from pixonomy.state.row_ids import make_id
from pixonomy.state.saver_records import Answered, Correction, Once, Upload


class UploadStore(OpenedState):
    """Uploads, consents and corrections; see `store.Store`."""

    def keep_upload(
        self,
        saver_id: str,
        answered: Answered,
        keep: bool,
        improve: bool,
        image: bytes | None,
        features: bytes | None = None,
        once: Once | None = None,
    ) -> Upload:
        """Keep an answered image; its bytes are stored as they are.

        Args:
            keep, improve: the consents, see `Upload`; at least one.
            features: what the model has made of the image; kept with `improve` alone.

        Raises:
            OnceMismatch: if the key was used for something else.
            TooMuchKept: if there are too many already.
            ValueError: without any consent: then nothing may be kept.
        """
        if not (keep or improve):
            raise ValueError("without a consent nothing is kept of an upload")
        with self.database.read() as connection:
            earlier = saver_rows.find_once(connection, saver_id, once)
            if earlier is None:  # before the image is stored
                saver_rows.require_room_for_upload(connection, saver_id)
        made = upload_rows.new_upload(
            earlier or make_id(), answered, (keep, improve), image is not None, self.now()
        )
        if image is not None and earlier is None:
            self.images.put(made.id, image)
        with self.database.write() as connection:
            kept = saver_rows.claim_once(connection, saver_id, once, made.id, made.created)
            if kept == made.id and earlier is None:
                upload_rows.insert_upload(connection, saver_id, made, features)
                saver_rows.note_event(connection, saver_id, "upload kept", made.created)
                return made
            found = upload_rows.find_upload(connection, saver_id, kept)
        if found is None:
            raise saver_rows.gone_since()
        return found

    def upload(self, saver_id: str, upload_id: str) -> Upload | None:
        """Return an upload."""
        with self.database.read() as connection:
            return upload_rows.find_upload(connection, saver_id, upload_id)

    def uploads(self, saver_id: str) -> list[Upload]:
        """Return all uploads of a saver, the newest first."""
        with self.database.read() as connection:
            return upload_rows.list_uploads(connection, saver_id)

    def image(self, saver_id: str, upload_id: str) -> bytes | None:
        """Return the image of an upload."""
        found = self.upload(saver_id, upload_id)
        return self.images.get(upload_id) if found and found.has_image else None

    def set_consent(
        self, saver_id: str, upload_id: str, keep: bool | None, improve: bool | None
    ) -> Upload | None:
        """Give or withdraw consents; None leaves one as it is. Without any the image goes."""
        found = self.upload(saver_id, upload_id)
        if found is None:
            return None
        if found.has_image and not upload_rows.consented(found, keep, improve).has_image:
            self.images.delete([upload_id])  # before its row: a failure can be repeated
        with self.database.write() as connection:
            found = upload_rows.find_upload(connection, saver_id, upload_id, is_locked=True)
            if found is None:
                return None
            changed = upload_rows.consented(found, keep, improve)
            upload_rows.change_consent(connection, changed, self.now())
            saver_rows.note_event(connection, saver_id, "consent changed", self.now())
        if found.has_image and not changed.has_image:
            self.images.delete([upload_id])  # two may have withdrawn one consent each
        if found.improve and not changed.improve:
            self.overwrite_deleted()  # the features
        return changed

    def correct(
        self, saver_id: str, upload_id: str, label: str | None, text: str, once: Once | None = None
    ) -> Correction | None:
        """Add what an upload shows; earlier corrections stay.

        Raises:
            OnceMismatch: if the key was used for something else.
        """
        made = Correction(make_id(), upload_id, label, text, self.now())
        with self.database.write() as connection:
            if upload_rows.find_upload(connection, saver_id, upload_id) is None:
                return None
            kept = saver_rows.claim_once(connection, saver_id, once, made.id, made.created)
            if kept == made.id:
                upload_rows.insert_correction(connection, made)
                saver_rows.note_event(connection, saver_id, "correction added", made.created)
            found = upload_rows.find_correction(connection, kept)
        if found is None:
            raise saver_rows.gone_since()
        return found
