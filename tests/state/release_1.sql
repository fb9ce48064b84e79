-- What the first release keeps, as `sqlite3 state.sqlite .dump` shows it. Never changed.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('1');
CREATE TABLE consents (
	id INTEGER NOT NULL, 
	upload_id VARCHAR(32) NOT NULL, 
	keep BOOLEAN NOT NULL, 
	improve BOOLEAN NOT NULL, 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_consents PRIMARY KEY (id), 
	CONSTRAINT fk_consents_upload_id FOREIGN KEY(upload_id) REFERENCES uploads (id) ON DELETE CASCADE
);
INSERT INTO "consents" VALUES(1,'5e80844ca060f8d50fca8fe3addb04ea',1,1,'2026-11-30 12:00:00.000000');
CREATE TABLE corrections (
	id VARCHAR(32) NOT NULL, 
	upload_id VARCHAR(32) NOT NULL, 
	label TEXT, 
	text TEXT NOT NULL, 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_corrections PRIMARY KEY (id), 
	CONSTRAINT fk_corrections_upload_id FOREIGN KEY(upload_id) REFERENCES uploads (id) ON DELETE CASCADE
);
INSERT INTO "corrections" VALUES('fc2ad4e86327817f324b4aa877124cf0','5e80844ca060f8d50fca8fe3addb04ea',NULL,'a boat','2026-11-30 12:00:00.000000');
CREATE TABLE counts (
	day DATE NOT NULL, 
	model TEXT NOT NULL, 
	label TEXT NOT NULL, 
	verdict VARCHAR(16) NOT NULL, 
	tenth INTEGER NOT NULL, 
	event VARCHAR(16) NOT NULL, 
	corrected_to TEXT NOT NULL, 
	number BIGINT NOT NULL, 
	CONSTRAINT pk_counts PRIMARY KEY (day, model, label, verdict, tenth, event, corrected_to)
);
INSERT INTO "counts" VALUES('2026-11-30','goals 1','travel','sure',9,'answered','',3);
CREATE TABLE events (
	id INTEGER NOT NULL, 
	who VARCHAR(64) NOT NULL, 
	what VARCHAR(32) NOT NULL, 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (id)
);
INSERT INTO "events" VALUES(1,'5100b59052d144cb28481a5f61277b4c','saver made','2026-11-30 12:00:00.000000');
INSERT INTO "events" VALUES(2,'5100b59052d144cb28481a5f61277b4c','upload kept','2026-11-30 12:00:00.000000');
INSERT INTO "events" VALUES(3,'5100b59052d144cb28481a5f61277b4c','correction added','2026-11-30 12:00:00.000000');
INSERT INTO "events" VALUES(4,'5100b59052d144cb28481a5f61277b4c','goal added','2026-11-30 12:00:00.000000');
INSERT INTO "events" VALUES(5,'5100b59052d144cb28481a5f61277b4c','goal changed','2026-11-30 12:00:00.000000');
CREATE TABLE goals (
	id VARCHAR(32) NOT NULL, 
	saver_id VARCHAR(32) NOT NULL, 
	upload_id VARCHAR(32), 
	version INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	label TEXT, 
	amount BIGINT, 
	currency VARCHAR(3), 
	by_day DATE, 
	saved BIGINT NOT NULL, 
	created DATETIME NOT NULL, 
	changed DATETIME NOT NULL, 
	CONSTRAINT pk_goals PRIMARY KEY (id), 
	CONSTRAINT fk_goals_saver_id FOREIGN KEY(saver_id) REFERENCES savers (id) ON DELETE CASCADE, 
	CONSTRAINT fk_goals_upload_id FOREIGN KEY(upload_id) REFERENCES uploads (id) ON DELETE SET NULL
);
INSERT INTO "goals" VALUES('6d2a142b6375c48fd02cfb8ce50f4e92','5100b59052d144cb28481a5f61277b4c','5e80844ca060f8d50fca8fe3addb04ea',2,'Two weeks in Łódź','travel',200005,'USD','2027-07-01',1230,'2026-11-30 12:00:00.000000','2026-11-30 12:00:00.000000');
CREATE TABLE models (
	name TEXT NOT NULL, 
	first_used DATETIME NOT NULL, 
	CONSTRAINT pk_models PRIMARY KEY (name)
);
INSERT INTO "models" VALUES('goals 1','2026-11-30 12:00:00.000000');
CREATE TABLE once (
	saver_id VARCHAR(32) NOT NULL, 
	key_sha256 VARCHAR(64) NOT NULL, 
	request_sha256 VARCHAR(64) NOT NULL, 
	record_id VARCHAR(32) NOT NULL, 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_once PRIMARY KEY (saver_id, key_sha256), 
	CONSTRAINT fk_once_saver_id FOREIGN KEY(saver_id) REFERENCES savers (id) ON DELETE CASCADE
);
CREATE TABLE savers (
	id VARCHAR(32) NOT NULL, 
	key_sha256 VARCHAR(64) NOT NULL, 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_savers PRIMARY KEY (id), 
	CONSTRAINT uq_savers_key_sha256 UNIQUE (key_sha256)
);
INSERT INTO "savers" VALUES('5100b59052d144cb28481a5f61277b4c','d5766ea67f7219ba55537773f6a02069036d08944d236459e751ac7803d09203','2026-11-30 12:00:00.000000');
CREATE TABLE settings (
	name VARCHAR(64) NOT NULL, 
	value BLOB NOT NULL, 
	CONSTRAINT pk_settings PRIMARY KEY (name)
);
INSERT INTO "settings" VALUES('release',X'302E312E30');
INSERT INTO "settings" VALUES('images',X'2F7372762F73746174652F696D61676573');
INSERT INTO "settings" VALUES('secret',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F');
CREATE TABLE tokens (
	id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	scope VARCHAR(16) NOT NULL, 
	created VARCHAR(32) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_tokens PRIMARY KEY (id), 
	CONSTRAINT uq_tokens_name UNIQUE (name)
);
INSERT INTO "tokens" VALUES(1,'app','classify','2026-11-30T12:00:00Z','18864b9699a3eca725d07109434e0bbd0cb2beb6866386865af9544ba2bde51f');
CREATE TABLE uploads (
	id VARCHAR(32) NOT NULL, 
	saver_id VARCHAR(32) NOT NULL, 
	created DATETIME NOT NULL, 
	model TEXT NOT NULL, 
	label TEXT, 
	verdict VARCHAR(16) NOT NULL, 
	confidence FLOAT NOT NULL, 
	top JSON NOT NULL, 
	has_image BOOLEAN NOT NULL, 
	keep BOOLEAN NOT NULL, 
	improve BOOLEAN NOT NULL, 
	features BLOB, 
	CONSTRAINT pk_uploads PRIMARY KEY (id), 
	CONSTRAINT fk_uploads_saver_id FOREIGN KEY(saver_id) REFERENCES savers (id) ON DELETE CASCADE
);
INSERT INTO "uploads" VALUES('5e80844ca060f8d50fca8fe3addb04ea','5100b59052d144cb28481a5f61277b4c','2026-11-30 12:00:00.000000','goals 1','travel','sure',0.9,'[{"label": "travel", "name": "Travel", "confidence": 0.9}, {"label": "home", "name": "Home", "confidence": 0.06}]',1,1,1,X'6665617475726573');
CREATE INDEX ix_events_created ON events (created);
CREATE INDEX ix_once_created ON once (created);
CREATE INDEX ix_uploads_created ON uploads (created);
CREATE INDEX ix_uploads_saver_id_created ON uploads (saver_id, created);
CREATE INDEX ix_consents_upload_id ON consents (upload_id);
CREATE INDEX ix_corrections_upload_id ON corrections (upload_id);
CREATE INDEX ix_goals_changed ON goals (changed);
CREATE INDEX ix_goals_saver_id_created ON goals (saver_id, created);
CREATE INDEX ix_goals_upload_id ON goals (upload_id);
COMMIT;
