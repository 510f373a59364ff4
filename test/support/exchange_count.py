#!/usr/bin/python3
"""Counts a mailbox over EWS with exchangelib, independently of Mailporter's own code, and compares two counts.

Count (the password comes from the environment, so that it is in no process list):

    EXCHANGE_PASSWORD=... /usr/bin/python3 test/support/exchange_count.py count \
        --url https://localhost:8443/EWS/Exchange.asmx --ca path/to/ca.pem --user ada@contoso.example \
        [--mime] [--strict] [--contents] [--details] [--keys] [--mark 'GUID NAME'] > source.json

prints one JSON object:

    {"mailbox": "ada@contoso.example",
     "items": 1234,                                   # over all folders
     "classes": {"IPM.Note": 1000, ...},
     "folders": [{"path": ["Inbox", "Projects"],      # below the top of the information store, in any language as it is
                  "folderClass": "IPF.Note",
                  "items": 12,
                  "classes": {"IPM.Note": 12},
                  "hashes": {"<sha256>": 1, ...},     # what must survive a migration, as a multiset
                  "keyed": [["<id>", "<sha256>",      # only with --keys: each item; with --mark the id is what the mark holds
                             {"itemClass", "sizeBytes", "date", "isSeries",  # what a filter goes by; date as ISO 8601 or null
                              "parts": {"<property>": "<hash>"}}]],          # what the hash was made of
                  "subjects": {"<sha256>": "..."}}]}  # only with --details: what the hash was made of

A hash covers what every server keeps and what a faithful copy must carry: class, subject, dates, sender, recipients, body,
categories, importance, sensitivity, read state, flag, attachments (name, size, inline); start, end, recurrence and its
exceptions, attendees, reminder of appointments; names, addresses, numbers, dates of contacts; members of lists; status and
dates of tasks. It leaves out ids, change keys, creation and modification times and every extended property that is not
named here, hence any migration's own mark. --mark "{guid} name" names such a mark, a string property whose JSON holds in `s`
the id of the item that was copied; null stands for an item without one. --mime adds the SHA-256 of the MIME content of messages; --strict adds UID,
organizer and responses of meetings; --contents adds --mime and the SHA-256 of what is attached to items of other kinds.

Compare:

    /usr/bin/python3 test/support/exchange_count.py compare source.json target.json [--ignore-folder Name/Below ...]

prints {"equal": bool, "lost": n, "doubled": n, "extra": n, "missingFolders": [...], "folders": [{"path", "lost": {hash: n},
"doubled": {...}, "extra": {...}}]} and exits with 0 where nothing is lost, doubled or extra, otherwise with 1. `lost` stands
in the source and not in the target folder, `doubled` more often in the target than in the source, `extra` only in the
target (a changed copy is one lost and one extra). Folders without items that the target lacks are named in missingFolders.

Serve:

    /usr/bin/python3 test/support/exchange_count.py serve

answers each line {"url", "ca", "user", "password", "mark"?} on stdin with one line: what count prints with --keys --contents,
or {"fault": "..."}. Many mailboxes then cost one start of Python. One certificate authority for all of them.

exit codes: 0 well, 1 differences, 2 a fault (told on stderr).
"""

import argparse
import collections
import hashlib
import json
import os
import re
import sys

CONTROL = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]')

COMMON = ['item_class', 'subject', 'sensitivity', 'categories', 'importance', 'body', 'attachments', 'datetime_received']
FIELDS = {
    'Message': ['datetime_sent', 'sender', 'author', 'to_recipients', 'cc_recipients', 'bcc_recipients', 'reply_to', 'is_read',
                'is_draft', 'message_id', 'in_reply_to', 'references', 'flag_status', 'last_verb', 'note_color'],
    'PostItem': ['is_read', 'conversation_topic', 'message_id'],
    'CalendarItem': ['start', 'end', 'is_all_day', 'legacy_free_busy_status', 'location', 'required_attendees',
                     'optional_attendees', 'resources', 'recurrence', 'modified_occurrences', 'deleted_occurrences',
                     'reminder_is_set', 'reminder_minutes_before_start', '_start_timezone'],
    'Contact': ['file_as', 'display_name', 'given_name', 'middle_name', 'surname', 'nickname', 'company_name', 'department',
                'job_title', 'email_addresses', 'physical_addresses', 'phone_numbers', 'birthday', 'wedding_anniversary'],
    'DistributionList': ['display_name', 'members'],
    'Task': ['status', 'percent_complete', 'start_date', 'due_date', 'complete_date', 'recurrence', 'total_work'],
}
STRICT = {'CalendarItem': ['uid', 'organizer', 'my_response_type', 'is_meeting']}
# The date an item came is what its folder sorts by; of these kinds servers set it themselves.
WITHOUT_MIME = ('CalendarItem', 'Contact', 'DistributionList', 'Task', 'PostItem')
NOT_OF = {kind: {'datetime_received'} for kind in WITHOUT_MIME}


INVALID = re.compile(rb'&#(x[0-8BbCcEeFf]|x1[0-9A-Fa-f]|[0-8]|1[124-9]|2[0-9]|3[01]);')


def read_strictly():
    """exchangelib's forgiving parser loses every &lt; and &gt; that follows a character which XML does not allow."""
    import lxml.etree
    from exchangelib.services import common
    from requests.models import Response
    parser = lxml.etree.XMLParser(resolve_entities=False, huge_tree=True)
    common.to_xml = lambda content: lxml.etree.fromstring(INVALID.sub(b'', b''.join(content)), parser=parser).getroottree()
    # Byte by byte is what it would do otherwise.
    Response.iter_content.__defaults__ = (65536, False)


def connect(args):
    os.environ['REQUESTS_CA_BUNDLE'] = args.ca
    read_strictly()
    from exchangelib import BASIC, DELEGATE, Account, Configuration, Credentials
    from exchangelib.extended_properties import ExtendedProperty
    from exchangelib.items import Message

    def register(name, kind, **where):
        if not any(field.name == name for field in Message.FIELDS):
            Message.register(name, type(name, (ExtendedProperty,), {**where, 'property_type': kind}))

    register_mark(args.mark)
    register('flag_status', 'Integer', property_tag=0x1090)
    register('last_verb', 'Integer', property_tag=0x1081)
    register('note_color', 'Integer', property_set_id='0006200E-0000-0000-C000-000000000046', property_id=0x8B00)
    password = os.environ.get('EXCHANGE_PASSWORD')
    if password is None:
        raise SystemExit('EXCHANGE_PASSWORD holds the password and is not set')
    config = Configuration(service_endpoint=args.url, credentials=Credentials(args.user, password), auth_type=BASIC,
                           max_connections=2)
    return Account(args.user, config=config, autodiscover=False, access_type=DELEGATE)


def register_mark(mark):
    """Absent: takes the mark of the mailbox before away."""
    from exchangelib.extended_properties import ExtendedProperty
    from exchangelib.items import CalendarItem, Contact, DistributionList, Message, PostItem, Task
    for kind in (CalendarItem, Contact, DistributionList, Message, PostItem, Task):
        if any(field.name == 'mark' for field in kind.FIELDS):
            kind.deregister('mark')
        if mark:
            guid, name = mark.split(' ', 1)
            where = {'property_set_id': guid, 'property_name': name, 'property_type': 'String'}
            kind.register('mark', type('Mark', (ExtendedProperty,), where))


def key_of(item, args):
    if not args.mark:
        return item.id
    value = getattr(item, 'mark', None)
    return json.loads(value)['s'] if value else None


def text(value):
    """Line ends and trailing blanks differ between servers; control characters cannot travel in XML."""
    cleaned = CONTROL.sub('', str(value)).replace('\r\n', '\n').replace('\r', '\n')
    return '\n'.join(line.rstrip() for line in cleaned.split('\n')).strip()


def person(mailbox):
    return [text(mailbox.name or mailbox.email_address or ''), (mailbox.email_address or '').lower()]


def plain(value):
    """Whatever exchangelib gives, as JSON that is the same for the same meaning."""
    from exchangelib.attachments import AttachmentId, FileAttachment, ItemAttachment
    from exchangelib.properties import Attendee, EWSElement, ItemId, Mailbox, Member
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, (list, tuple, set)):
        return [plain(each) for each in value]
    if isinstance(value, (FileAttachment, ItemAttachment)):
        size = value.size if isinstance(value, FileAttachment) else None
        return [text(value.name or ''), size, bool(value.is_inline)]
    if isinstance(value, (ItemId, AttachmentId)):
        return None
    if isinstance(value, (Attendee, Member)):
        return person(value.mailbox)
    if isinstance(value, Mailbox):
        return person(value)
    if hasattr(value, 'isoformat'):
        import datetime
        if isinstance(value, datetime.datetime):
            return datetime.datetime.fromtimestamp(value.timestamp(), datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
        return value.isoformat()[:10]
    if isinstance(value, EWSElement):
        own = {field.name: plain(getattr(value, field.name)) for field in value.FIELDS if field.name not in ('_id',)}
        return [type(value).__name__, {name: each for name, each in own.items() if each not in (None, [], '')}]
    return text(value)


UNORDERED = {'categories', 'attachments', 'required_attendees', 'optional_attendees', 'resources', 'members', 'to_recipients',
             'cc_recipients', 'bcc_recipients', 'reply_to', 'email_addresses', 'phone_numbers', 'physical_addresses',
             'modified_occurrences', 'deleted_occurrences'}


def describe(item, names):
    what = {}
    for name in names:
        if not hasattr(item, name):
            continue
        value = getattr(item, name)
        if name == 'mime_content':
            if not (item.item_class or '').startswith(('IPM.Note', 'REPORT.')):
                continue  # composed by the server from properties, in its own way
            value = hashlib.sha256(value or b'').hexdigest()
        elif name == '_start_timezone':
            value = value.ms_id if value is not None else None
        else:
            value = plain(value)
        if name == 'importance' and value == 'Normal' or name == 'sensitivity' and value == 'Normal' or value in ([], '', None):
            continue
        what[name] = sorted(value, key=json.dumps) if name in UNORDERED else value
    if what.get('is_draft'):
        what.pop('datetime_sent', None)
    return what


def names_for(kind, args):
    names = [name for name in COMMON + FIELDS.get(kind, FIELDS['Message']) if name not in NOT_OF.get(kind, ())]
    if args.strict:
        names += STRICT.get(kind, [])
    if args.mime and kind not in WITHOUT_MIME:
        names.append('mime_content')
    return names


def attached(item):
    """What hangs on an item that has no MIME of its own."""
    from exchangelib.attachments import FileAttachment
    files = [each for each in item.attachments or [] if isinstance(each, FileAttachment)]
    return sorted([text(each.name or ''), hashlib.sha256(each.content or b'').hexdigest()] for each in files)


def digest_of(what):
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode('utf-8', 'surrogatepass')).hexdigest()


def facts_of(item, what):
    date = getattr(item, 'start', None) or item.datetime_received
    return {'itemClass': item.item_class or '', 'sizeBytes': item.size,
            'date': plain(date) if date else None, 'isSeries': bool(getattr(item, 'recurrence', None)),
            'parts': {name: digest_of(value)[:8] for name, value in what.items()}}


def count_folder(account, folder, path, args):
    classes = collections.Counter()
    hashes = collections.Counter()
    details = {}
    keyed = []
    allowed = {field.name for model in folder.supported_item_models for field in model.supported_fields(account.version)}
    kinds = [model.__name__ for model in folder.supported_item_models]
    facts = {'item_class', 'size', 'datetime_received', 'start', 'recurrence'} if args.keys else set()
    wanted = sorted(({name for kind in kinds for name in names_for(kind, args)} | facts) & allowed)
    marks = ['mark'] if args.mark and 'mark' in allowed else []
    query = folder.all().only(*[name for name in wanted if name != 'changekey'], *marks)
    query.page_size = 1000
    query.chunk_size = 20 if args.mime else 100
    for item in query:
        if isinstance(item, Exception):
            raise item
        what = describe(item, names_for(type(item).__name__, args))
        what['kind'] = type(item).__name__
        if args.contents and what['kind'] in WITHOUT_MIME:
            what['attached'] = attached(item)
        digest = digest_of(what)
        classes[item.item_class or ''] += 1
        hashes[digest] += 1
        if args.keys:
            keyed.append([key_of(item, args), digest, facts_of(item, what)])
        if args.details:
            details[digest] = what
    row = {'path': path, 'folderClass': folder.folder_class, 'items': sum(classes.values()), 'classes': dict(classes),
           'hashes': dict(hashes)}
    if args.keys:
        row['keyed'] = keyed
    if args.details:
        row['subjects'] = details
    return row


def count(args):
    json.dump(counted(args), sys.stdout, ensure_ascii=False, default=str)
    sys.stdout.write('\n')
    return 0


def serve(_args):
    from exchangelib.protocol import close_connections
    for line in sys.stdin:
        asked = json.loads(line)
        os.environ['EXCHANGE_PASSWORD'] = asked['password']
        args = argparse.Namespace(url=asked['url'], ca=asked['ca'], user=asked['user'], mark=asked.get('mark'), mime=True,
                                  contents=True, strict=False, details=False, keys=True)
        try:
            answer = counted(args)
        except Exception as fault:
            answer = {'fault': f'{type(fault).__name__}: {fault}'}
        finally:
            close_connections()
        json.dump(answer, sys.stdout, default=str)
        sys.stdout.write('\n')
        sys.stdout.flush()
    return 0


def counted(args):
    account = connect(args)
    folders = []

    def walk(folder, path):
        for child in sorted(folder.children, key=lambda each: each.name):
            folders.append(count_folder(account, child, [*path, child.name], args))
            walk(child, [*path, child.name])

    walk(account.msg_folder_root, [])
    classes = collections.Counter()
    for row in folders:
        classes.update(row['classes'])
    return {'mailbox': args.user, 'items': sum(classes.values()), 'classes': dict(classes), 'folders': folders}


def compare(args):
    with open(args.source, encoding='utf-8') as file:
        source = json.load(file)
    with open(args.target, encoding='utf-8') as file:
        target = json.load(file)
    by_path = {tuple(row['path']): row for row in target['folders']}
    known = {tuple(row['path']) for row in source['folders']}
    ignored = {tuple(each.split('/')) for each in args.ignore_folder}
    rows, missing = [], []
    for row in source['folders'] + [row for row in target['folders'] if tuple(row['path']) not in known]:
        path = tuple(row['path'])
        if path in ignored:
            continue
        if path not in by_path:
            missing.append(row['path'])
        have = collections.Counter(row['hashes'] if path in known else {})
        got = collections.Counter(by_path.get(path, {'hashes': {}})['hashes'])
        surplus = got - have
        lost = dict(have - got)
        doubled = {key: n for key, n in surplus.items() if key in have}
        extra = {key: n for key, n in surplus.items() if key not in have}
        if lost or doubled or extra:
            rows.append({'path': row['path'], 'lost': lost, 'doubled': doubled, 'extra': extra})
    total = {name: sum(sum(row[name].values()) for row in rows) for name in ('lost', 'doubled', 'extra')}
    result = {'equal': not rows and not missing, **total, 'missingFolders': missing, 'folders': rows}
    json.dump(result, sys.stdout, ensure_ascii=False)
    sys.stdout.write('\n')
    return 0 if not rows else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    commands = parser.add_subparsers(dest='command', required=True)
    one = commands.add_parser('count')
    one.add_argument('--url', required=True)
    one.add_argument('--ca', required=True)
    one.add_argument('--user', required=True)
    one.add_argument('--mime', action='store_true')
    one.add_argument('--strict', action='store_true')
    one.add_argument('--contents', action='store_true')
    one.add_argument('--details', action='store_true')
    one.add_argument('--keys', action='store_true')
    one.add_argument('--mark')
    one.set_defaults(run=count)
    two = commands.add_parser('compare')
    two.add_argument('source')
    two.add_argument('target')
    two.add_argument('--ignore-folder', action='append', default=[])
    two.set_defaults(run=compare)
    three = commands.add_parser('serve')
    three.set_defaults(run=serve)
    args = parser.parse_args()
    if getattr(args, 'contents', False):
        args.mime = True
    try:
        return args.run(args)
    except Exception as fault:
        print(f'{type(fault).__name__}: {fault}', file=sys.stderr)
        return 2


if __name__ == '__main__':
    sys.exit(main())
