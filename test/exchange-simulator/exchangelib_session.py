#!/usr/bin/python3
"""A session of exchangelib, unchanged, with a mailbox: every step of it ends in a fact of the JSON object on stdout.

    EXCHANGE_PASSWORD=... /usr/bin/python3 exchangelib_session.py <ews url> <ca.pem> <address>
"""

import datetime
import decimal
import json
import os
import sys

url, ca, address = sys.argv[1:4]
os.environ['REQUESTS_CA_BUNDLE'] = ca

from exchangelib import (  # noqa: E402  the certificate authority has to be known before
    BASIC, DELEGATE, Account, Body, CalendarItem, Configuration, Contact, Credentials, DistributionList, EWSDateTime, EWSTimeZone,
    FileAttachment, Folder, HTMLBody, ItemAttachment, Mailbox, Message, OofSettings, PostItem, Task,
)
from exchangelib.errors import ErrorFolderExists, ErrorItemNotFound, UnauthorizedError  # noqa: E402
from exchangelib.extended_properties import ExtendedProperty  # noqa: E402
from exchangelib.indexed_properties import EmailAddress, PhoneNumber, PhysicalAddress  # noqa: E402
from exchangelib.properties import Member  # noqa: E402
from exchangelib.recurrence import Recurrence, WeeklyPattern  # noqa: E402

UTC = EWSTimeZone('UTC')
BERLIN = EWSTimeZone('Europe/Berlin')
facts = {}


class Stamp(ExtendedProperty):
    property_set_id = 'c11ff724-aa03-4555-9952-8fa248a11c3e'
    property_name = 'Stamp'
    property_type = 'String'


class MessageFlags(ExtendedProperty):
    property_tag = 0x0E07
    property_type = 'Integer'


class Received(ExtendedProperty):
    property_tag = 0x0E06
    property_type = 'SystemTime'


Message.register('stamp', Stamp)
Message.register('flags', MessageFlags)
Message.register('came', Received)


def open_account(password):
    config = Configuration(service_endpoint=url, credentials=Credentials(address, password), auth_type=BASIC)
    return Account(address, config=config, autodiscover=False, access_type=DELEGATE)


def signing_in():
    try:
        open_account('wrong').root.refresh()
    except UnauthorizedError as refused:
        facts['wrongPassword'] = type(refused).__name__
    return open_account(os.environ['EXCHANGE_PASSWORD'])


def folders(account):
    facts['wellKnown'] = [account.inbox.name, account.sent.name, account.calendar.name, account.contacts.name, account.tasks.name]
    made = Folder(parent=account.inbox, name='Größe/Maß & <Gewicht> 🚀')
    made.save()
    try:
        Folder(parent=account.inbox, name=made.name).save()
    except ErrorFolderExists as exists:
        facts['sameName'] = type(exists).__name__
    made.name = 'renamed'
    made.save()
    made.move(account.msg_folder_root)
    account.root.clear_cache()
    facts['moved'] = (account.msg_folder_root / 'renamed').absolute
    return account.msg_folder_root / 'renamed'


def mail(account, folder):
    mime = b'From: "Z" <z@y.example>\r\nSubject: =?utf-8?B?w6k=?= \r\nDate: Mon, 01 Jan 2024 10:00:00 +0100\r\nMIME-Version: 1.0\r\n' \
        b'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>hi</p>\r\n--b\r\n' \
        b'Content-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n'
    came = EWSDateTime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    item = Message(account=account, folder=folder, mime_content=mime, stamp='key-1', flags=1, came=came, is_read=True, categories=['A', 'B&C'])
    item.save()
    item = folder.get(id=item.id)
    attachment = item.attachments[0]
    facts['mail'] = [item.mime_content == mime, item.subject, item.is_draft, item.is_read, str(item.datetime_received),
                     str(item.datetime_sent), item.stamp, item.categories, item.body, attachment.name, attachment.content.decode()]
    facts['byStamp'] = [each.subject for each in folder.filter(stamp='key-1')]
    composed = Message(account=account, folder=folder, subject='composed', body=HTMLBody('<b>bold</b>'), importance='High',
                       to_recipients=[Mailbox(name='Bob', email_address='bob@x.example')])
    composed.attach(FileAttachment(name='a.txt', content=b'text' * 1000))
    composed.attach(ItemAttachment(name='inner', item=Message(subject='inside', body=Body('within'))))
    composed.save()
    composed = folder.get(id=composed.id)
    parts = {each.name: each for each in composed.attachments}
    facts['composed'] = [composed.is_draft, len(parts['a.txt'].content), parts['inner'].item.subject, b'bold' in composed.mime_content or b'PGI+' in composed.mime_content]
    composed.attach(FileAttachment(name='later.txt', content=b'later'))
    facts['attached'] = sorted(each.name for each in folder.get(id=composed.id).attachments)
    composed.detach([each for each in composed.attachments if each.name == 'later.txt'][0])
    facts['detached'] = len(folder.get(id=composed.id).attachments)


def other_kinds(account):
    start = datetime.datetime(2026, 3, 2, 9, tzinfo=BERLIN)
    series = CalendarItem(account=account, folder=account.calendar, subject='series', start=start, end=start + datetime.timedelta(hours=1),
                          required_attendees=['x@y.example'], location='Köln', legacy_free_busy_status='Tentative',
                          recurrence=Recurrence(pattern=WeeklyPattern(interval=1, weekdays=['Monday']), start=start.date(), number=5))
    series.save(send_meeting_invitations='SendToNone')
    second = series.occurrence(2)
    second.refresh()
    second.subject = 'changed'
    second.save(update_fields=['subject'], send_meeting_invitations='SendToNone')
    third = series.occurrence(3)
    third.refresh()
    third.delete(send_meeting_cancellations='SendToNone')
    series.refresh()
    shown = account.calendar.view(start=start - datetime.timedelta(days=1), end=start + datetime.timedelta(days=60))
    facts['series'] = [series.type, len(series.modified_occurrences), len(series.deleted_occurrences), [each.subject for each in shown]]
    day = CalendarItem(account=account, folder=account.calendar, subject='day', is_all_day=True, start=datetime.date(2026, 5, 1), end=datetime.date(2026, 5, 2))
    day.save()
    facts['allDay'] = str(account.calendar.get(id=day.id).start)
    contact = Contact(account=account, folder=account.contacts, given_name='Ada', surname='Lovelace', display_name='Ada Lovelace', file_as='Lovelace, Ada',
                      email_addresses=[EmailAddress(email='a@b.example', label='EmailAddress1')],
                      phone_numbers=[PhoneNumber(label='MobilePhone', phone_number='+41 1')],
                      physical_addresses=[PhysicalAddress(label='Home', street='Street 1', city='Zürich')], birthday=datetime.date(1815, 12, 10))
    contact.save()
    contact = account.contacts.get(id=contact.id)
    contact.phone_numbers = [PhoneNumber(label='MobilePhone', phone_number='+41 2')]
    contact.save(update_fields=['phone_numbers'])
    contact = account.contacts.get(id=contact.id)
    facts['contact'] = [contact.display_name, contact.email_addresses[0].email, contact.phone_numbers[0].phone_number,
                        contact.physical_addresses[0].city, str(contact.birthday)]
    group = DistributionList(account=account, folder=account.contacts, display_name='Group',
                             members=[Member(mailbox=Mailbox(email_address='m@n.example', mailbox_type='OneOff', routing_type='SMTP', name='M'))])
    group.save()
    facts['list'] = [each.mailbox.email_address for each in account.contacts.get(id=group.id).members]
    task = Task(account=account, folder=account.tasks, subject='task', due_date=datetime.date(2026, 2, 2), status='InProgress', percent_complete=decimal.Decimal(50))
    task.save()
    task = account.tasks.get(id=task.id)
    facts['task'] = [str(task.due_date), task.status, float(task.percent_complete)]
    post = PostItem(account=account, folder=account.inbox, subject='post', body='posted')
    post.save()
    facts['post'] = type(account.inbox.get(id=post.id)).__name__


def syncing(account, folder):
    facts['firstSync'] = sorted({change for change, _ in folder.sync_items()})
    many = account.bulk_create(folder=folder, items=[Message(account=account, folder=folder, subject=f's{n}', body='x') for n in range(120)])
    facts['bulk'] = len(many)
    item = folder.get(subject='s7')
    item.is_read = not item.is_read
    item.save(update_fields=['is_read'])
    first = list(folder.sync_items(max_changes_returned=50))
    facts['created'] = [len(first), sorted({change for change, _ in first})]
    item = folder.get(subject='s8')
    item.is_read = not item.is_read
    item.save(update_fields=['is_read'])
    item = folder.get(subject='s9')
    item.subject = 's9 changed'
    item.save(update_fields=['subject'])
    folder.get(subject='s10').delete()
    facts['changes'] = sorted(change for change, _ in folder.sync_items())
    facts['find'] = [folder.filter(subject__startswith='s11').count(), folder.all().count(),
                     list(folder.filter(subject__startswith='s').order_by('-subject').values_list('subject', flat=True)[:2])]
    gone = folder.get(subject='s20')
    stays = gone.copy(to_folder=account.drafts)
    gone.move(to_folder=account.drafts)
    facts['copied'] = [stays is not None, account.drafts.filter(subject='s20').count(), folder.filter(subject='s20').count()]
    moved = folder.get(subject='s21')
    old = (moved.id, moved.changekey)
    moved.move_to_trash()
    answers = list(account.fetch(ids=[old, account.trash.get(subject='s21')], only_fields=['subject']))
    facts['fetched'] = [isinstance(answers[0], ErrorItemNotFound), answers[1].subject]
    facts['hierarchy'] = sorted({change for change, _ in account.root.sync_hierarchy()})
    folder.empty()
    facts['emptied'] = folder.all().count()
    folder.delete()


def server(account):
    account.oof_settings = OofSettings(state=OofSettings.SCHEDULED, external_audience='All', internal_reply='<b>in</b>', external_reply='out',
                                       start=datetime.datetime(2027, 1, 1, tzinfo=UTC), end=datetime.datetime(2027, 1, 3, tzinfo=UTC))
    facts['outOfOffice'] = [account.oof_settings.state, account.oof_settings.internal_reply]
    facts['timeZones'] = len(list(account.protocol.get_timezones())) > 3
    facts['names'] = [each.email_address for each in account.protocol.resolve_names([address.split('@')[0]])]
    busy = account.protocol.get_free_busy_info([(account, 'Organizer', False)], datetime.datetime(2027, 1, 1, tzinfo=UTC), datetime.datetime(2027, 1, 2, tzinfo=UTC))
    facts['freeBusy'] = [type(each).__name__ for each in busy]


def main():
    account = signing_in()
    folder = folders(account)
    mail(account, folder)
    other_kinds(account)
    syncing(account, folder)
    server(account)
    json.dump(facts, sys.stdout)


main()
