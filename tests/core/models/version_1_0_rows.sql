-- A row in every table, as version 1.0 writes them. Never edited: what was written by it stays as it is.

insert into plans (
    name, requests_per_minute, upload_bytes, media_seconds, rows_per_batch, accounts, credits, interactive_runs,
    concurrent_runs, export_rows, open_items, upload_storage_bytes, upload_days, api_keys, audit_days,
    workspace_export_days
) values (
    'of an operator', 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
);

insert into workspaces (
    id, name, plan, created_at
) values (
    '00000000-0000-4000-8000-000000000001', 'acme', 'studio', '2026-12-01 09:00+00'
);

insert into api_keys (
    id, workspace_id, sha256, hint, created_at, revoked_at, name, scopes, created_by, expires_at, last_used_at
) values (
    '00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', '\x01', 'cp_live_...1234',
    '2026-12-01 09:00+00', null, 'site', '{read,create,publish}', null, '2026-12-01 09:00+00',
    '2026-12-01 09:00+00'
);

insert into redirect_uris (
    workspace_id, uri
) values (
    '00000000-0000-4000-8000-000000000001', 'https://example.com/connected'
);

insert into idempotency_keys (
    api_key_id, endpoint, key, fingerprint, status, body, location, created_at, secret_body
) values (
    '00000000-0000-4000-8000-000000000002', 'POST /reels', 'order-1', '\x01', 202, '{"task_id": "tsk_01"}',
    '/tasks/tsk_01', '2026-12-01 09:00+00', '\x01'
);

insert into rate_limits (
    bucket, empty_at
) values (
    'key:1', '2026-12-01 09:00+00'
);

insert into audit_events (
    id, workspace_id, at, actor, actor_name, api_key_id, address, request_id, action, object_type, object_id,
    outcome
) values (
    '00000000-0000-4000-8000-000000000021', '00000000-0000-4000-8000-000000000001', '2026-12-01 09:00+00', 'key',
    'site', '00000000-0000-4000-8000-000000000002', '192.0.2.1', 'req_01', 'account.connect', 'account', '4',
    'done'
);

insert into workspace_exports (
    id, workspace_id, with_files, object_key, rows, files, bytes, created_at, written_at
) values (
    '00000000-0000-4000-8000-000000000020', '00000000-0000-4000-8000-000000000001', true, 'workspaces/1/export.zip',
    1, 1, 1, '2026-12-01 09:00+00', '2026-12-01 09:00+00'
);

insert into credit_entries (
    workspace_id, source, target, amount, render_id, month, note, created_at
) values (
    '00000000-0000-4000-8000-000000000001', 'held', 'spent', 6, '00000000-0000-4000-8000-000000000030',
    '2026-12-01', 'a render', '2026-12-01 09:00+00'
);

insert into executions (
    run_id, worker, beat_at, stop, subject
) values (
    'run_01', 'media@host', '2026-12-01 09:00+00', false, 'reel:6'
);

insert into tasks (
    id, workspace_id, kind, key, subject_kind, subject_key, lane, state, progress, progress_base, error, attempt,
    starts, not_before, retry_of, created_at, started_at, finished_at, parent_id, irrevocable, waits, partition_key,
    deleted_at, traceparent, in_back_fill
) values (
    'tsk_01', '00000000-0000-4000-8000-000000000001', 'reel', '6', 'reel', '6', 'media', 'failed', 1, 1,
    '{"code": "platform_refused", "detail": "The platform refused it.", "remedy": "Read its reason."}', 1, 1,
    '2026-12-01 09:00+00', null, '2026-12-01 09:00+00', '2026-12-01 09:00+00', '2026-12-01 09:00+00', null, true, 1,
    'acme/6', null, '00-1-1-01', true
);

insert into uploads (
    id, workspace_id, kind, file_key, file_name, content_type, size, media, width, height, created_at, expires_at,
    deleted_at
) values (
    '00000000-0000-4000-8000-000000000010', '00000000-0000-4000-8000-000000000001', 'video',
    'workspaces/1/file.mp4', 'file.mp4', 'video/mp4', 1,
    '{"seconds": 6.5, "has_audio": true, "has_video": true, "width": 1080, "height": 1920, "frames_per_second": 30.0, "video_codec": "h264", "audio_codec": "aac", "container": "mp4", "bytes": 2000000}',
    1, 1, '2026-12-01 09:00+00', '2026-12-01 09:00+00', null
);

insert into multipart_uploads (
    id, workspace_id, file_key, file_name, size, part_size, store_id, created_at
) values (
    '00000000-0000-4000-8000-000000000018', '00000000-0000-4000-8000-000000000001', 'workspaces/1/file.mp4',
    'file.mp4', 1, 1, 'store_01', '2026-12-01 09:00+00'
);

insert into captions (
    id, workspace_id, source_url, source_key, media, language, spoken_language, words, segments, created_at,
    edited_at, language_probability, known_text, glossary, translate_to, translated, remove_fillers, deleted_at,
    is_synthetic
) values (
    '00000000-0000-4000-8000-000000000008', '00000000-0000-4000-8000-000000000001', 'https://example.com/talk.mp4',
    'workspaces/1/talk.mp4',
    '{"seconds": 6.5, "has_audio": true, "has_video": true, "width": 1080, "height": 1920, "frames_per_second": 30.0, "video_codec": "h264", "audio_codec": "aac", "container": "mp4", "bytes": 2000000}',
    'en', 'en', '[{"end": 0.4, "text": "Stop", "start": 0.0, "spaced": true, "language": null}]',
    '[{"end": 0.4, "text": "Stop", "start": 0.0, "words": [{"end": 0.4, "text": "Stop", "start": 0.0, "spaced": true, "language": null}]}]',
    '2026-12-01 09:00+00', '2026-12-01 09:00+00', 0.5, 'Stop scrolling.',
    '[{"term": "Dagster", "heard_as": ["dag star"], "pronunciation": "DAG-ster"}]', 'de',
    '[{"end": 0.4, "text": "Stop", "start": 0.0, "words": [{"end": 0.4, "text": "Stop", "start": 0.0, "spaced": true, "language": null}]}]',
    true, null, true
);

insert into burn_ins (
    id, caption_id, workspace_id, style, font_size, font_color, position, with_caption, output_key, created_at,
    source_url, is_synthetic
) values (
    '00000000-0000-4000-8000-000000000009', '00000000-0000-4000-8000-000000000008',
    '00000000-0000-4000-8000-000000000001', 'karaoke', 64, '#ffffff', 'bottom', true, 'workspaces/1/video.mp4',
    '2026-12-01 09:00+00', 'https://example.com/talk.mp4', true
);

insert into twins (
    id, workspace_id, name, voice_id, style_tags, created_at, persona_prompt, platform_defaults, avatar_id,
    picture_url, deleted_at, accounts, make, caption_animation, speed, pause, call_to_action, glossary
) values (
    '00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000001', 'Mara Bakes', 'en-US',
    '{casual}', '2026-12-01 09:00+00', 'You bake.', '{"instagram": {"caption_style": "casual"}}', 'local/mara',
    'https://example.com/mara.jpg', null, '{"instagram": "00000000-0000-4000-8000-000000000004"}', 'reel', 'box',
    1.1, 0.3, 'Follow for more.', '[{"term": "Dagster", "heard_as": ["dag star"], "pronunciation": "DAG-ster"}]'
);

insert into memories (
    id, twin_id, entity_id, memory_type, content, importance, tags, metadata, vector, remote_id, created_at
) values (
    '00000000-0000-4000-8000-000000000017', '00000000-0000-4000-8000-000000000003', 'customer-1', 'fact',
    'She likes tea.', 0.5, '{casual}', '{"from": "chat"}', '\x01', null, '2026-12-01 09:00+00'
);

insert into batches (
    id, workspace_id, twin_id, platform, rows, drop, created_at, deleted_at
) values (
    '00000000-0000-4000-8000-000000000005', '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000003', 'instagram', 1, 'inbox/acme/reels.csv', '2026-12-01 09:00+00', null
);

insert into reels (
    id, workspace_id, twin_id, batch_id, "row", script, platform, voice_id, title, background_url, music_url, seed,
    language, spoken_voice, words, narration_seconds, narration_key, media, output_key, created_at,
    caption_animation, speed, pause, call_to_action, glossary, deleted_at
) values (
    '00000000-0000-4000-8000-000000000006', '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000005', 1, 'Stop scrolling. Try this.',
    'instagram', 'en-US', 'Three quick tips', 'https://example.com/background.mp4', 'https://example.com/music.mp3',
    1, 'en', 'kokoro/af_heart', '[{"end": 0.4, "text": "Stop", "start": 0.0, "spaced": true, "language": null}]',
    0.5, 'workspaces/1/narration.flac',
    '{"seconds": 6.5, "has_audio": true, "has_video": true, "width": 1080, "height": 1920, "frames_per_second": 30.0, "video_codec": "h264", "audio_codec": "aac", "container": "mp4", "bytes": 2000000}',
    'workspaces/1/video.mp4', '2026-12-01 09:00+00', 'box', 1.1, 0.3, 'Follow for more.',
    '[{"term": "Dagster", "heard_as": ["dag star"], "pronunciation": "DAG-ster"}]', null
);

insert into avatar_videos (
    id, workspace_id, twin_id, batch_id, "row", platform, provider, avatar_id, captions, background_url, phonemes,
    seed, estimated_seconds, media, output_key, credits_billed, created_at, submissions, submitting_at, external_id,
    poll_at, polls, waits_until, script, voice_id, language, spoken_voice, words, narration_seconds, narration_key,
    finished_at, engine, submitted_at, caption_animation, speed, pause, glossary, deleted_at
) values (
    '00000000-0000-4000-8000-000000000007', '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000005', 1, 'instagram', 'heygen',
    'Abigail', true, 'https://example.com/background.mp4',
    '[{"start": 0.0, "end": 0.1, "symbol": "s", "stressed": false}]', 1, 1,
    '{"seconds": 6.5, "has_audio": true, "has_video": true, "width": 1080, "height": 1920, "frames_per_second": 30.0, "video_codec": "h264", "audio_codec": "aac", "container": "mp4", "bytes": 2000000}',
    'workspaces/1/video.mp4', 1, '2026-12-01 09:00+00', 1, '2026-12-01 09:00+00', 'hg_01', '2026-12-01 09:00+00', 1,
    '2026-12-01 09:00+00', 'Stop scrolling. Try this.', 'en-US', 'en', 'kokoro/af_heart',
    '[{"end": 0.4, "text": "Stop", "start": 0.0, "spaced": true, "language": null}]', 0.5,
    'workspaces/1/narration.flac', '2026-12-01 09:00+00', 'avatar_iv', '2026-12-01 09:00+00', 'box', 1.1, 0.3,
    '[{"term": "Dagster", "heard_as": ["dag star"], "pronunciation": "DAG-ster"}]', null
);

insert into received_events (
    id, received_at
) values (
    'evt_01', '2026-12-01 09:00+00'
);

insert into provider_balances (
    provider, remaining, currency, read_at
) values (
    'heygen', 0.5, 'usd', '2026-12-01 09:00+00'
);

insert into accounts (
    id, workspace_id, platform, user_id, handle, name, status, reason, scopes, access_token, refresh_token,
    access_expires_at, refresh_expires_at, issued_at, refreshing_until, connected_at, created_at
) values (
    '00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000001', 'instagram',
    '17841400000000001', '@mara.bakes', 'Mara Bakes', 'connected',
    '{"code": "platform_refused", "detail": "The platform refused it.", "remedy": "Read its reason."}',
    '{instagram_basic}', '\x01', '\x01', '2026-12-01 09:00+00', '2026-12-01 09:00+00', '2026-12-01 09:00+00',
    '2026-12-01 09:00+00', '2026-12-01 09:00+00', '2026-12-01 09:00+00'
);

insert into connect_states (
    sha256, workspace_id, platform, redirect_uri, client_state, verifier, expires_at, api_key_id
) values (
    '\x01', '00000000-0000-4000-8000-000000000001', 'instagram', 'https://example.com/connected', 'state-1', '\x01',
    '2026-12-01 09:00+00', '00000000-0000-4000-8000-000000000002'
);

insert into publications (
    id, workspace_id, request_id, account_id, platform, twin_id, reel_id, reel_url, script, title, caption, options,
    words, prepared, committed_at, poll_at, polls, waits_until, post_id, post_url, published_at, created_at,
    avatar_video_id, held, burn_in_id, upload_id, copy_id, removing_at, removed_at
) values (
    '00000000-0000-4000-8000-000000000011', '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000030', '00000000-0000-4000-8000-000000000004', 'instagram',
    '00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000006', 'https://example.com/video.mp4',
    'Stop scrolling. Try this.', 'Three quick tips', 'Three tips. #tips', '{"caption_style": "casual"}',
    '{"title": "Three tips", "caption": "Three tips.", "hashtags": ["tips"]}', '\x01', '2026-12-01 09:00+00',
    '2026-12-01 09:00+00', 1, '2026-12-01 09:00+00', '17900000000000001', 'https://example.com/p/1',
    '2026-12-01 09:00+00', '2026-12-01 09:00+00', '00000000-0000-4000-8000-000000000007', false,
    '00000000-0000-4000-8000-000000000009', '00000000-0000-4000-8000-000000000010',
    '00000000-0000-4000-8000-000000000030', '2026-12-01 09:00+00', '2026-12-01 09:00+00'
);

insert into calendar_items (
    id, workspace_id, twin_id, title, platform, scheduled_at, script, caption, reel_url, reel_id, options, status,
    reason, created_at, deleted_at, account_id, publication_id, make, avatar_video_id, scheduled_because,
    caption_id, burn_in_id, upload_id, is_video_given, copy_id
) values (
    '00000000-0000-4000-8000-000000000012', '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000003', 'Three quick tips', 'instagram', '2026-12-01 09:00+00',
    'Stop scrolling. Try this.', 'Three tips. #tips', 'https://example.com/video.mp4',
    '00000000-0000-4000-8000-000000000006', '{"caption_style": "casual"}', 'published',
    '{"code": "platform_refused", "detail": "The platform refused it.", "remedy": "Read its reason."}',
    '2026-12-01 09:00+00', null, '00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000011',
    'reel', '00000000-0000-4000-8000-000000000007', '{"reason": "best_time"}',
    '00000000-0000-4000-8000-000000000008', '00000000-0000-4000-8000-000000000009',
    '00000000-0000-4000-8000-000000000010', true, '00000000-0000-4000-8000-000000000030'
);

insert into webhook_endpoints (
    id, workspace_id, task_id, url, events, secret, previous_secret, previous_secret_until, failing_since,
    throttled_until, disabled_at, reason, created_at
) values (
    '00000000-0000-4000-8000-000000000014', '00000000-0000-4000-8000-000000000001', 'tsk_01',
    'https://example.com/hook', '{task.succeeded}', '\x01', '\x01', '2026-12-01 09:00+00', '2026-12-01 09:00+00',
    '2026-12-01 09:00+00', '2026-12-01 09:00+00',
    '{"code": "platform_refused", "detail": "The platform refused it.", "remedy": "Read its reason."}',
    '2026-12-01 09:00+00'
);

insert into webhook_events (
    id, workspace_id, type, data, created_at
) values (
    '00000000-0000-4000-8000-000000000015', '00000000-0000-4000-8000-000000000001', 'task.succeeded',
    '{"id": "tsk_01"}', '2026-12-01 09:00+00'
);

insert into webhook_deliveries (
    id, workspace_id, endpoint_id, event_id, status, attempts, next_attempt_at, last_status, last_error, created_at,
    delivered_at
) values (
    '00000000-0000-4000-8000-000000000016', '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000014', '00000000-0000-4000-8000-000000000015', 'failed', 1,
    '2026-12-01 09:00+00', 500,
    '{"code": "platform_refused", "detail": "The platform refused it.", "remedy": "Read its reason."}',
    '2026-12-01 09:00+00', '2026-12-01 09:00+00'
);

insert into analysts (
    role, workspace_id, created_at
) values (
    'analyst_of_acme', '00000000-0000-4000-8000-000000000001', '2026-12-01 09:00+00'
);

insert into account_syncs (
    account_id, window_start, finished_at, posts_read, error
) values (
    '00000000-0000-4000-8000-000000000004', '2026-12-01 09:00+00', '2026-12-01 09:00+00', 1,
    '{"code": "platform_refused", "detail": "The platform refused it.", "remedy": "Read its reason."}'
);

insert into social_posts (
    id, workspace_id, account_id, platform, post_id, publication_id, twin_id, url, text, seconds, published_at,
    read_at, next_read_at, vanished_at
) values (
    '00000000-0000-4000-8000-000000000013', '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000004', 'instagram', '17900000000000001',
    '00000000-0000-4000-8000-000000000011', '00000000-0000-4000-8000-000000000003', 'https://example.com/p/1',
    'Three tips. #tips', 0.5, '2026-12-01 09:00+00', '2026-12-01 09:00+00', '2026-12-01 09:00+00',
    '2026-12-01 09:00+00'
);

insert into metric_snapshots (
    account_id, social_post_id, taken_at, views, impressions, reach, likes, comments, shares, saves, clicks,
    watch_seconds, average_view_seconds, followers, followers_gained
) values (
    '00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000013', '2026-12-01 09:00+00', 1, 1, 1,
    1, 1, 1, 1, 1, 0.5, 0.5, 1, 1
);

insert into reported_days (
    account_id, day, source, taken_at, views, impressions, reach, likes, comments, shares, saves, clicks,
    watch_seconds, average_view_seconds, followers, followers_gained
) values (
    '00000000-0000-4000-8000-000000000004', '2026-12-01', 'platform', '2026-12-01 09:00+00', 1, 1, 1, 1, 1, 1, 1, 1,
    0.5, 0.5, 1, 1
);

insert into pending_derivations (
    account_id, first_at, last_at
) values (
    '00000000-0000-4000-8000-000000000004', '2026-12-01 09:00+00', '2026-12-01 09:00+00'
);

insert into daily_metrics (
    account_id, day, estimated, views, impressions, reach, likes, comments, shares, saves, clicks, watch_seconds,
    average_view_seconds, followers, followers_gained
) values (
    '00000000-0000-4000-8000-000000000004', '2026-12-01', true, 1, 1, 1, 1, 1, 1, 1, 1, 0.5, 0.5, 1, 1
);

insert into daily_post_metrics (
    account_id, day, social_post_id, estimated, views, impressions, reach, likes, comments, shares, saves, clicks,
    watch_seconds, average_view_seconds, followers, followers_gained
) values (
    '00000000-0000-4000-8000-000000000030', '2026-12-01', '00000000-0000-4000-8000-000000000030', true, 1, 1, 1, 1,
    1, 1, 1, 1, 0.5, 0.5, 1, 1
);

insert into audience_shares (
    account_id, day, dimension, value, share
) values (
    '00000000-0000-4000-8000-000000000004', '2026-12-01', 'country', 'DE', 0.5
);

insert into analytics_exports (
    id, workspace_id, format, grain, first_day, last_day, platform, twin_id, object_key, rows, created_at,
    written_at
) values (
    '00000000-0000-4000-8000-000000000019', '00000000-0000-4000-8000-000000000001', 'parquet', 'post', '2026-12-01',
    '2026-12-01', 'instagram', '00000000-0000-4000-8000-000000000003', 'workspaces/1/export.zip', 1,
    '2026-12-01 09:00+00', '2026-12-01 09:00+00'
);

insert into failure_counts (
    code, total, logged, logged_at, sent, send_at, last_event_id, last_run_id, last_job, last_at
) values (
    'platform_refused', 1, 1, '2026-12-01 09:00+00', 1, '2026-12-01 09:00+00', 1, 'run_01', 'publications',
    '2026-12-01 09:00+00'
);

insert into ended_task_counts (
    kind, platform, state, code, tasks, seconds
) values (
    'reel', 'instagram', 'completed', '', 1, 0.5
);

insert into measurements (
    name, value, taken_at
) values (
    'queue_wait', 0.5, '2026-12-01 09:00+00'
);
