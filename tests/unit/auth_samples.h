/* Public keys and hashes made for the tests. The private halves were thrown away. */
#ifndef HY_TESTS_AUTH_SAMPLES_H
#define HY_TESTS_AUTH_SAMPLES_H

#define SAMPLE_ED25519 \
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOgy29WVO/MIGgZek+bC/7gSWz/D8ia9vWTA2qFC99bC"
#define SAMPLE_P256 \
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAXMdPQnZckUrlwwSKOMoSdK1SJH" \
    "TErsDORAWAEds0Aj9Hs3RfiqkC0JH9fBK2n4sNGkkPXZMArueMr/Kja30ig="
#define SAMPLE_P384 \
    "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBKcvXxlm2xz1VmsdyNntbrHUC/7Y" \
    "gB6atORtq/YkbRPX1I1QNekVk6zP++x0ZwumFs5TAB+o07ALDTpJ8iXv6Xb9OIOVEP/NSfpYVeH/8qfphK3mV/Gq3C4py9i7UXbe" \
    "dg=="
#define SAMPLE_P521 \
    "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBADlygC13IIqDyVcQfEdPhWT9d6K" \
    "8BrVwa4B3sXcuS/OfwjAuQgRTY1eCV60rofGKlxtH+3EZooJefBPAwscppbEZwH0OFzx4bBhPEwXNyKwvlrr1xRu0X3idhAiNs68" \
    "jkcu7PByXwaH7efC9o3ss0IA8w8m++BZasheBSZcgSFkLz47zg=="
#define SAMPLE_RSA2048 \
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCty4jkLB8r4fhDlg6M3v1DQnenfv6RYU+HOuXh+J+CFwRFtV7kgOmc8pjdIz83" \
    "JLUUvSUzNB3JsOD1k8wmiweGH/eChqaEfeYy6V2Mj3guxznwpr/tXZeM9mSGv8xna9cVDjVt3sVpVGFRIFrA4RBYVgwiw1tm2IZy" \
    "93os41YfJvQTpiqKxG2S867mXIF5tb38uDg+GhqWYuVkCWUzBf57tv+O/yXjUgj9cXgueWtZIfaxZ97uB5Q8uZCrkuxQ72efPweB" \
    "Daq9gDRErybrGleYP45mD55r6jt3d9r7ZQqWchnzzXIzzYqeQcJuqMfFw6rKT57L7bDkT+W6KWw8VcPL"
#define SAMPLE_RSA1024 \
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCx7NwX6E1X4AI0bmoneWqQ1l0TGglBgaj/23tdeQ8rnINshHwaRPnFtuLBdFE6" \
    "x+8bPWujgXhia2y/vdUbAhzQ+5O9YXFetAFt8jGpDlW/euLkflqGnmfGUiha7qO3MU4YYu8E6p77uOzbl/Mb623VLqHmR6pbZWMB" \
    "Jsw7Imxe9w=="
#define SAMPLE_DSA \
    "ssh-dss AAAAB3NzaC1kc3MAAACBAJljXxRY98ACOLNzzcCzLkhCLpFYaVx3nT48ze/awExVSM0v9Y+yGjsul/7Tf7uTfnDjrnCQ" \
    "WYMAvjQ+Awa/j1cOdIUsl/QxxxiryN/qm5gtltwayAvTtYb4ewLW49/H/dxD5v5/tR8dTbRSevTYO56SBitkcQ8FXLtRb5JT2tkN" \
    "AAAAFQD9bgkHueBvCXZ8Cs/JOBEmnHw+iQAAAIAWn9FBZlul+z1QXplYCzqykv3HPwynhncbYIceLWKd+gC71E42vSVXoiD77lbn" \
    "JelpS3zyldNfEDsVDFsqpXCIWqVi33BCfUxkGC2lCiWH40aI5tQO6xsZqvRZ2hSUfCS1zmBwMB/6kMXfC+6D9eLS38ThfF2yLnOu" \
    "xkKVB8OgpgAAAH8OCh4JsY6r8xUkG1c6kGBa5/LK1xVgxQjhCsBpMv6UyZAZ0v0xAdxPAyM6qgMPO/Y+v3aAlVxM1eDRQ5RF7IqN" \
    "Mrl4fGJfUEJCTl9Z2u7NVosRWJtLV1dIe9rn8YDSeiblyC/WWuxHSmJTQjzaQj6UoUIOZjS4Y4uoaSXRDOic"
/* Of SAMPLE_ED25519, as ssh-keygen -l prints it. */
#define SAMPLE_ED25519_FINGERPRINT "SHA256:/j3pGptLzHwniJQUYbti8GfQaZ+tVunAvVVY5SHQWQc"

/* Hashes of this password, at the least cost of each method. */
#define SAMPLE_PASSWORD "example-password"
#define SAMPLE_YESCRYPT \
    "$y$j75$abcdefghijklmnop$ku4im.f5/ZUoYMnnPwJakT7xKpqNbqDvqVm94.4xSt3"
#define SAMPLE_GOST \
    "$gy$j75$abcdefghijklmnop$EMuJY54vswWzAOBQpA6mOAEG6q1/OXN.sWiAu3sZntD"
#define SAMPLE_SCRYPT \
    "$7$3/..../....abcdefghijklmnop$15JM3F7zfRpi9ZwXGytyLq6gXZZd0TTPnJLosTaJRu8"
#define SAMPLE_BCRYPT \
    "$2b$04$abcdefghijklmnopqrstuuINEu0.fL6TmOr.GOngyVnjNLH3aX75y"
#define SAMPLE_SHA512 \
    "$6$rounds=1000$saltsalt$bDTZuM2H3kVuQQijXGC2sGNktaq/WGMK/XrsS.aZNf3f9MC7iKJfrEww6T0Bqz/uYuxFfD0xrwFm" \
    "FQgL/Dl5g1"
#define SAMPLE_SHA512_PLAIN \
    "$6$saltsalt$FvmXFdKgYYK//wL1qNea/quX6d0qHYkW33.PGHzE5/zjV5Sp0T9bKFGQ8Nnnxc0VvMIGOipcigWm2FQ0/12vX/"
#define SAMPLE_SHA256 \
    "$5$rounds=1000$saltsalt$3iNWkpMUkbkg2Qo1iv/1Rl72nZHS4VvotgbxEMOBAs9"

#define SAMPLE_OTHER_PASSWORD "another-password"
#define SAMPLE_OTHER_BCRYPT "$2b$04$abcdefghijklmnopqrstuuc7pQ2mYFuUV2cTYn3T4W6tIhQrEPV52"

#endif
