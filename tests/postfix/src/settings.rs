//! The configuration files of the Postfix under test.

use std::path::Path;

/// postconf(5). Nothing in it asks the DNS, and nothing leaves the folder.
pub(super) fn main(folder: &Path, greylist: u16, logins: u16, (uid, gid): (u32, u32)) -> String {
    let folder = folder.display();
    format!(
        "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/postfix.log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.mail.test
mydestination =
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
alias_maps =
local_recipient_maps =
alias_database =
mynetworks =
relay_domains =
default_transport = error:this Postfix sends nothing on
biff = no

virtual_mailbox_domains = mail.test
virtual_mailbox_maps = texthash:{folder}/config/mailboxes
virtual_mailbox_base = {folder}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1

smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {folder}/config/certificate.pem
smtpd_tls_key_file = {folder}/config/key.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{logins}
smtpd_sasl_security_options = noanonymous

smtpd_sender_restrictions = check_sender_access texthash:{folder}/config/senders
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_unlisted_recipient, check_policy_service inet:127.0.0.1:{greylist}
"
    )
}

/// The same for an office: what is shipped, in a folder of the test, and nothing that asks the DNS.
pub(super) fn office(folder: &Path, shipped: &str, (uid, gid): (u32, u32)) -> String {
    let folder = folder.display();
    format!(
        "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/postfix.log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.mail.test
mydestination =
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
alias_maps =
local_recipient_maps =
alias_database =
default_transport = error:this Postfix sends nothing on
biff = no

virtual_mailbox_domains = mail.test
virtual_mailbox_maps = texthash:{folder}/config/mailboxes
virtual_alias_maps = inline:{{ people@example.com=bob@mail.test }}
virtual_mailbox_base = {folder}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
# What is unknown is found out by delivery, as a relay of the world finds it out, and comes back as a report.
smtpd_reject_unlisted_recipient = no

{shipped}"
    )
}

/// master(5): only what these tests meet, nothing in a chroot.
pub(super) fn master(port: u16) -> String {
    format!(
        "127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"
    )
}
