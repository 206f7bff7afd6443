#!/usr/bin/env python3
"""doc/specification.md names everything that the component has, once and in its group, with a test that is there.

Reads $HYTHE_SRCDIR (the folder above this file's by default)."""

import os
import re
import sys

SOURCE = os.path.realpath(os.environ.get("HYTHE_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", ".."))

# What the component has, by the headings of the page.
NAMES = {
    "Properties": """
        ConnectionBacklog SFTPConnectionCount SFTPConnectionConnected SFTPConnectionErrorMessage SFTPConnectionFileData
        SFTPConnectionLocalAddress SFTPConnectionProtocolVersion SFTPConnectionRemoteHost SFTPConnectionRemotePort
        SFTPConnectionTimeout DefaultAuthMethods DefaultTimeout KeyboardInteractiveMessage KeyboardInteractivePromptCount
        KeyboardInteractivePromptEcho KeyboardInteractivePromptPrompt Listening LocalHost LocalPort RootDirectory
        SSHCertEncoded SSHCertStore SSHCertStorePassword SSHCertStoreType SSHCertSubject SSHCompressionAlgorithms
        SSHEncryptionAlgorithms""",
    "Methods": """
        Config Disconnect DoEvents ExchangeKeys Reset SetFileList Shutdown StartListening StopListening""",
    "Events": """
        Connected ConnectionRequest DirCreate DirList DirRemove Disconnected Error FileClose FileOpen FileRead FileRemove
        FileRename FileWrite GetAttributes Log ResolvePath SetAttributes SSHStatus SSHUserAuthRequest""",
    "Settings of SFTPServer": """
        DirListBufferSize MaskSensitive ProtocolVersion RestrictUserToHomeDir ServerEOL SFTPErrorMessage
        UnixStyleDateFormat UserRootDirectory""",
    "Settings of SSHServer": """
        AltSSHCertCount AltSSHCertStore AltSSHCertStorePassword AltSSHCertStoreType AltSSHCertSubject
        ClientSSHVersionString FireAuthRequestAfterSig KeyboardInteractivePrompts KeyRenegotiationThreshold LogLevel
        MaxAuthAttempts NegotiatedStrictKex ServerSSHVersionString SSHKeepAliveCountMax SSHKeepAliveInterval
        SSHKeyExchangeAlgorithms SSHMacAlgorithms SSHPubKeyAuthSigAlgorithms SSHPublicKeyAlgorithms SSHVersionPattern
        UserAuthBanner UseStrictKeyExchange""",
    "Settings of TCPServer": """
        AllowedClients BindExclusively BlockedClients ConnectionUID DefaultConnectionTimeout InBufferSize
        KeepAliveInterval KeepAliveRetryCount KeepAliveTime MaxConnections MaxReadTime OutBufferSize TcpNoDelay UseIOCP
        UseIPv6 UseWindowsMessages""",
    "Settings of Base": """
        BuildInfo CodePage LicenseInfo MaskSensitive ProcessIdleEvents SelectWaitMillis UseFIPSCompliantAPI
        UseInternalSecurityAPI""",
    "Errors": """
        118 2001 2002 2003 1201 1202 1300 1301 100 101 102 104 106 107 108 112 116 126 135""",
}
# The parameters of each event, as events.h calls them; `attributes` stands for those of ATTRIBUTES.
PARAMETERS = """
    Connected: ConnectionId StatusCode Description CertStoreType CertStore CertPassword CertSubject
    ConnectionRequest: Address Port Accept
    DirCreate: ConnectionId User Path BeforeExec StatusCode attributes
    DirList: ConnectionId User Path BeforeExec StatusCode
    DirRemove: ConnectionId User Path BeforeExec StatusCode
    Disconnected: ConnectionId StatusCode Description
    Error: ConnectionId ErrorCode Description
    FileClose: ConnectionId User Path Handle StatusCode
    FileOpen: ConnectionId User Path DesiredAccess Flags Handle BeforeExec StatusCode attributes
    FileRead: ConnectionId User Handle FileOffset Length StatusCode
    FileRemove: ConnectionId User Path BeforeExec StatusCode
    FileRename: ConnectionId User Path NewPath Flags BeforeExec StatusCode
    FileWrite: ConnectionId User Handle FileOffset BeforeExec StatusCode
    GetAttributes: ConnectionId User Path Flags StatusCode attributes
    Log: ConnectionId LogLevel Message LogType
    ResolvePath: ConnectionId User OriginalPath ControlFlags RealPath StatusCode
    SetAttributes: ConnectionId User Path BeforeExec StatusCode attributes
    SSHStatus: ConnectionId Message
    SSHUserAuthRequest: ConnectionId User Service AuthMethod AuthParam Accept PartialSuccess AvailableMethods HomeDir KeyAlgorithm"""
ATTRIBUTES = """
    FileType FileSize FileOwner FileGroup FilePermissions FileATime FileCreateTime FileMTime FileAttribBits
    FileAttribBitsValid OtherAttributes"""
# What the second column says of what isn't there.
ABSENT = "refused"


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
        return f.read()


def rows(page):
    """(heading, name, here, test, line) of every row of every table."""
    heading = ""
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("## "):
            heading = line[3:]
        cells = [c.strip() for c in line.strip("|").split("|")] if line.startswith("| ") else []
        if len(cells) == 3 and cells[0] != "Name" and not cells[0].startswith("-"):
            yield heading, cells[0].strip("`"), cells[1], cells[2], number


def departures():
    """Names whose defaults differ, as the head of settings.def has them and as the page does."""
    head = read("core/config/settings.def").split("*/")[0].split("So are the defaults, except for:")[1]
    said = {name for item in head.split("\n *   ")
            for name in re.findall(r"\b[A-Z][A-Za-z]+[A-Z]\w+", item.split(":")[0])}
    page = read("doc/specification.md").split("## Departures")[1].split("\n## ")[0]
    return said, set(re.findall(r"\*\*(\w+)\*\*", page))


def parameters():
    """What events.h lacks of them."""
    text = re.sub(r"/\*.*?\*/", "", read("include/hythe/events.h"), flags=re.S)
    wanted = dict(line.strip().split(": ") for line in PARAMETERS.strip().splitlines())
    if sorted(wanted) != sorted(NAMES["Events"].split()):
        yield "specification.py: PARAMETERS and the names of events differ"
    for event, names in dict(wanted, event_attributes=ATTRIBUTES).items():
        body = re.search(r"struct hythe_%s \{(.*?)\n\};" % event, text, re.S)
        there = re.findall(r"(\w+)(?:\[\w+\])?[;,]", body.group(1)) if body else []
        for name in names.split():
            if name not in there:
                yield f"include/hythe/events.h: {event} has no {name}"


def main():
    wrong = list(parameters())
    said, listed = departures()
    for name in sorted(said - listed):
        wrong.append(f"doc/specification.md: {name} departs from the component, says settings.def")
    have = {}
    kinds = {}
    for kind, name in re.findall(r"^HY_(GLOBAL|KEY|REFUSED)\((\w+)", read("core/config/settings.def"), re.M):
        kinds.setdefault(name, set()).add(kind)
    for heading, name, here, test, number in rows(read("doc/specification.md")):
        have.setdefault(heading, []).append(name)
        for path in re.findall(r"`((?:tests|core|plugins|include)/[\w./-]+)`", here + test):
            if not os.path.exists(os.path.join(SOURCE, path)):
                wrong.append(f"doc/specification.md:{number}: {name}: there is no {path}")
        if not test and ABSENT not in here:
            wrong.append(f"doc/specification.md:{number}: {name}: no test is named")
        if (heading.startswith("Settings") or heading == "Properties") and name not in kinds:
            wrong.append(f"doc/specification.md:{number}: {name} has no row in settings.def")
    for heading, names in NAMES.items():
        for name in names.split():
            if have.get(heading, []).count(name) != 1:
                wrong.append(f"doc/specification.md: {heading}: {name} is there {have.get(heading, []).count(name)} times")
        for name in have.get(heading, []):
            if name not in names.split():
                wrong.append(f"doc/specification.md: {heading}: {name} isn't one of the component's")
    for text in wrong:
        print("FAILED", text)
    print(f"specification: {sum(map(len, have.values()))} names, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
