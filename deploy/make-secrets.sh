#!/bin/sh
# Makes the files that deploy/compose.yaml names as secrets, in deploy/secrets: a password for each login of Valkey, the URLs
# with them, the end of the path of receipts, and Grafana's password. What it cannot know is the account at the gateway: it
# reads one line `userID;secret_key` from its input.
#
# A file that is there stays as it is, so it may be run again after a new version. The passwords of Valkey belong together:
# to change one, see deploy/README.md.
#
# In containers the files are mounted as they are, so everybody may read them; the folder lets only its owner in.
set -eu
umask 022
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=${1:-$here/secrets}
logins='worker producer beat metrics reader admin'

random() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
# Whole or not at all: a file that is there is never half of one.
keep() { cat >"$folder/.new" && mv "$folder/.new" "$folder/$1"; }

# In a pipe the shell does not notice that one is missing: a secret would be empty.
for tool in head od tr sha256sum cut sed; do
  command -v "$tool" >/dev/null || { echo "make-secrets: $tool is missing; nothing was made" >&2; exit 2; }
done

mkdir -p "$folder"
chmod 0700 "$folder"

if [ ! -s "$folder/account-main" ]; then
  [ ! -t 0 ] || printf 'userID;secret_key of the account at the gateway: ' >&2
  IFS= read -r account || [ -n "$account" ] || account=''
  case $account in
    ?*';'?*) printf '%s\n' "$account" | keep account-main ;;
    *) echo "make-secrets: give one line userID;secret_key, such as: $0 < account.txt" >&2; exit 2 ;;
  esac
fi

if [ ! -s "$folder/users.acl" ]; then
  {
    # Nobody without a login; a probe may ask whether the server answers, and nothing else; one login for people who care for
    # the server (deploy/README.md).
    echo 'user default off'
    echo 'user plexsend-probe on nopass resetchannels -@all +ping'
    grep '^user ' "$here/users.conf"
    echo 'user plexsend-admin on >CHANGE-ME-admin ~* &* +@all'
  } >"$folder/.acl"
  for login in $logins; do
    password=$(random)
    # Valkey needs the hash alone.
    hash=$(printf '%s' "$password" | sha256sum | cut -d ' ' -f 1)
    sed "s/>CHANGE-ME-$login /#$hash /" "$folder/.acl" >"$folder/.acl.new"
    mv "$folder/.acl.new" "$folder/.acl"
    printf 'redis://plexsend-%s:%s@valkey:6379/0\n' "$login" "$password" | keep "redis-url-$login"
  done
  # Last: with it the others are complete.
  keep users.acl <"$folder/.acl"
  rm "$folder/.acl"
fi

# Under it receivers are remembered. Keep a copy: with another one nobody knows any more who refused advertisements.
[ -s "$folder/number-key" ] || random | keep number-key
[ -s "$folder/receipt-secret-main" ] || random | keep receipt-secret-main
[ -s "$folder/grafana-admin" ] || random | keep grafana-admin
# Where alerts are posted. Until the URL of your chat's hook is written into it, Alertmanager logs that it cannot.
[ -s "$folder/alertmanager-webhook" ] || echo 'http://127.0.0.1:9/write-the-url-of-your-chat-here' | keep alertmanager-webhook
echo "$folder holds: $(cd "$folder" && ls | tr '\n' ' ')"
