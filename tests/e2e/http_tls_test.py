"""HTTP under TLS: certificates of the server and of clients."""

import http.client
import json
import pathlib
import ssl
import subprocess
import tempfile
import unittest

import e2e

SCREEN = "/needlewise.v1.ScreeningService/ScreenEligibility"


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True,
                   capture_output=True)


class Authority:
    """A certificate authority, and what it signs."""

    def __init__(self, folder, name):
        self._folder = pathlib.Path(folder)
        self._name = name
        self.certificate, self._key = self._files("ca")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                f"/CN={name}", "-keyout", self._key, "-out", self.certificate)

    def _files(self, subject):
        stem = self._folder / f"{self._name}-{subject}"
        return stem.with_suffix(".crt"), stem.with_suffix(".key")

    def sign(self, subject):
        """The files of a certificate and of its key."""
        certificate, key = self._files(subject)
        request = certificate.with_suffix(".csr")
        names = certificate.with_suffix(".ext")
        names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={subject}",
                "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate,
                "-CAkey", self._key, "-CAcreateserial", "-days", "2",
                "-extfile", names, "-out", certificate)
        return certificate, key


class TlsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="needlewise-tls-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.ours = Authority(cls.folder, "ours")
        cls.others = Authority(cls.folder, "others")
        cls.certificate, cls.key = cls.ours.sign("server")

    def listener(self, **fields):
        lines = "".join(f'{name}: "{value}"\n' for name, value in
                        fields.items())
        return f"http_listener {{ {lines} }}"

    def start(self, **fields):
        port_file = self.folder / "http_port"
        port_file.unlink(missing_ok=True)
        server = e2e.Server(settings=self.listener(
            address="127.0.0.1:0", port_file=port_file,
            certificate_file=self.certificate, private_key_file=self.key,
            **fields))
        self.addCleanup(server.close)
        return int(port_file.read_text())

    def call(self, port, client=None):
        """The status of one call. Trusts our authority alone."""
        context = ssl.create_default_context(cafile=self.ours.certificate)
        if client is not None:
            context.load_cert_chain(*client)
        connection = http.client.HTTPSConnection(
            "localhost", port, context=context, timeout=e2e.PATIENCE_SECONDS)
        try:
            connection.request(
                "POST", SCREEN, (e2e.SAMPLES / "clear.json").read_bytes(),
                {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def test_answers_under_tls_and_not_without(self):
        port = self.start()
        status, answer = self.call(port)
        self.assertEqual(status, 200)
        self.assertIn("decision", answer)
        plain = http.client.HTTPConnection("127.0.0.1", port,
                                           timeout=e2e.PATIENCE_SECONDS)
        self.addCleanup(plain.close)
        with self.assertRaises((http.client.HTTPException, OSError)):
            plain.request("GET", "/healthz")
            plain.getresponse()

    def test_asks_clients_for_a_certificate_where_told(self):
        port = self.start(client_ca_file=self.ours.certificate)
        self.assertEqual(self.call(port, self.ours.sign("client"))[0], 200)
        for client in (None, self.others.sign("stranger")):
            status, answer = self.call(port, client)
            self.assertEqual(status, 401)
            self.assertEqual(answer["code"], "unauthenticated")
            self.assertEqual(answer["details"][0]["debug"]["reason"],
                             "CREDENTIALS_MISSING")

    def test_half_of_it_or_a_broken_file_refuses_to_start(self):
        nonsense = self.folder / "nonsense"
        nonsense.write_text("no certificate")
        for fields, why in (
                ({"certificate_file": self.certificate}, "private_key_file"),
                ({"certificate_file": self.folder / "missing",
                  "private_key_file": self.key}, "cannot be read"),
                ({"certificate_file": nonsense, "private_key_file": self.key},
                 "cannot serve HTTP"),
        ):
            with self.subTest(why):
                with self.assertRaises(RuntimeError) as raised:
                    e2e.Server(settings=self.listener(address="127.0.0.1:0",
                                                      **fields))
                self.assertIn(why, str(raised.exception))


if __name__ == "__main__":
    e2e.main()
