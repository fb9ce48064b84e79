"""The store's goals: added, changed only by whoever saw the newest version, split, deleted."""

from pixonomy.goals.goal_fields import GoalFields
from pixonomy.state import goal_rows, saver_rows, upload_rows
from pixonomy.state.row_ids import make_id
from pixonomy.state.saver_records import Once, SavedGoal
from pixonomy.state.upload_store import UploadStore


class GoalStore(UploadStore):
    """Goals; see `store.Store`."""

    def add_goal(
        self, saver_id: str, fields: GoalFields, upload_id: str | None, once: Once | None = None
    ) -> SavedGoal:
        """Add a goal, with the image of an upload if that is the saver's own.

        Raises:
            OnceMismatch: if the key was used for something else.
            TooMuchKept: if there are too many already.
        """
        now, goal_id = self.now(), make_id()
        with self.database.write() as connection:
            kept = saver_rows.claim_once(connection, saver_id, once, goal_id, now)
            if kept == goal_id:
                saver_rows.require_room_for_goal(connection, saver_id)
                shown = upload_rows.find_upload(connection, saver_id, upload_id or "")
                made = SavedGoal(goal_id, 1, fields, shown.id if shown else None, now, now)
                goal_rows.insert_goal(connection, saver_id, made)
                saver_rows.note_event(connection, saver_id, "goal added", now)
            found = goal_rows.find_goal(connection, saver_id, kept)
        if found is None:
            raise saver_rows.gone_since()
        return found

    def goals(self, saver_id: str) -> list[SavedGoal]:
        """Return the goals of a saver, in the order in which they were made."""
        with self.database.read() as connection:
            return goal_rows.list_goals(connection, saver_id)

    def goal(self, saver_id: str, goal_id: str) -> SavedGoal | None:
        """Return a goal."""
        with self.database.read() as connection:
            return goal_rows.find_goal(connection, saver_id, goal_id)

    def change_goal(
        self,
        saver_id: str,
        goal_id: str,
        version: int,
        fields: GoalFields,
        once: Once | None = None,
    ) -> SavedGoal | None:
        """Put other fields into a goal.

        Args:
            version: which the caller has seen.

        Raises:
            StaleGoal: if it was changed since.
            OnceMismatch: if the key was used for something else.
        """
        with self.database.write() as connection:
            found = goal_rows.find_goal(connection, saver_id, goal_id, is_locked=True)
            if found is None or saver_rows.find_once(connection, saver_id, once) == goal_id:
                return found
            changed = goal_rows.change_goal(connection, found, version, fields, self.now())
            saver_rows.claim_once(connection, saver_id, once, goal_id, changed.changed)
            saver_rows.note_event(connection, saver_id, "goal changed", changed.changed)
        return changed

    def split_goal(
        self, saver_id: str, goal_id: str, version: int, first: GoalFields, second: GoalFields
    ) -> tuple[SavedGoal, SavedGoal] | None:
        """Make two goals of one: it becomes the first, and both show the same image.

        Raises:
            StaleGoal: if it was changed since the caller has seen this version.
            TooMuchKept: if there are too many already.
        """
        now = self.now()
        with self.database.write() as connection:
            found = goal_rows.find_goal(connection, saver_id, goal_id, is_locked=True)
            if found is None:
                return None
            saver_rows.require_room_for_goal(connection, saver_id)
            changed = goal_rows.change_goal(connection, found, version, first, now)
            made = SavedGoal(make_id(), 1, second, found.upload_id, now, now)
            goal_rows.insert_goal(connection, saver_id, made)
            saver_rows.note_event(connection, saver_id, "goal split", now)
        return changed, made

    def delete_goal(self, saver_id: str, goal_id: str) -> bool:
        """Delete a goal; an image that was kept for it alone goes, too."""
        found = self.goals(saver_id)
        shown = {one.id: one.upload_id for one in found}.get(goal_id)
        if shown is not None and sum(one.upload_id == shown for one in found) == 1:
            self.set_consent(saver_id, shown, keep=False, improve=None)
        with self.database.write() as connection:
            is_deleted = goal_rows.delete_goal(connection, saver_id, goal_id)
            if is_deleted:
                saver_rows.note_event(connection, saver_id, "goal deleted", self.now())
        if is_deleted:
            self.overwrite_deleted()
        return is_deleted
