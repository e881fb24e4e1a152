//! Samples of stream readers: the first bytes of one half each.

use lenscap_testkit::SplitMix64;
use lenscap_testkit::message::ClientHello;

use super::Sample;

/// By number of reader.
pub(crate) fn all() -> Vec<Sample> {
    vec![
        // tls
        Sample::one(0, &ClientHello { name: Some("cam.example"), ..ClientHello::default() }.record(&mut SplitMix64::new(1))).near(1, 1),
        // http
        Sample::one(1, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 79\r\n\r\nmodel=E-1\nbrand=Example\nversion=1.2\nname=Yard\nmacaddr=02:00:00:00:00:01\npir=no\n").near(12, 1),
        // dns
        Sample::one(13, b"\0\x1d\x124\x01\0\0\x01\0\0\0\0\0\0\x03cam\x07example\0\0\x01\0\x01\0-\x124\x81\x80\0\x01\0\x01\0\0\0\0\x03cam\x07example\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0<\0\x04\xc0\0\x02\x01").near(30, 1),
        // http2
        Sample::one(19, b"\0\0\x06\x04\0\0\0\0\0\0\x03").near(9, 1),
        // websocket
        Sample::one(20, b"GET /live HTTP/1.1\r\nHost: cam.example\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n\x81\x85").near(19, 1),
        // smtp
        Sample::one(21, b"EHLO cam\r\nNOOP\r\nSTARTTLS\r\n").near(9, 1),
        // ftp
        Sample::one(22, b"220 ready\r\n234 go\r\n").near(18, 1),
        // imap
        Sample::one(23, b". STARTTLS\r\n").near(11, 1),
        // pop3
        Sample::one(24, b"CAPA\r\nSTLS\r\n").near(11, 1),
        // proxy
        Sample::one(25, b"\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c\xc0\0\x02\x07\xc63d\t\xdc\x04").near(11, 1),
        // socks
        Sample::one(26, b"\x05\x01\0\x05\x01\0\x01\xc0\0\x02\x07\0P").near(6, 1),
        // stun
        Sample::one(27, b"\x01\x01\x004!\x12\xa4B\xb7\xe7\xa7\x01\xbc4\xd6\x86\xfa\x87\xdf\xae\x80\"\0\x0btest vector\0\0\x01\0\x08\0\x01\0\x07\n\0\0\x01\0 \0\x08\0\x01\xa1G\xe1\x12\xa6C\0\x01\0\x08\0\x01\0\x07\n\0\0\x01").near(7, 1),
        // rtsp
        Sample::one(28, b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS, DESCRIBE\r\n\r\nRTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"1\"\r\nWWW-Authenticate: Basic realm=\"a\"\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 3\r\nServer: Example Rtsp/1.0\r\nContent-Type: application/sdp\r\nContent-Length: 73\r\n\r\nv=0\r\ns=Media Presentation\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n").near(12, 1),
        // rtp between messages of rtsp
        Sample::one(104, b"$\0\0\x0e\x80\x60\0\x01\0\0\0\x07\0\0\0\x09\x7c\x85$\0\0\x0e\x80\x60\0\x02\0\0\0\x07\0\0\0\x09\x7c\x05$\0\0\x0e\x80\x60\0\x03\0\0\0\x07\0\0\0\x09\x7c\x45").near(4, 0xc0),
        // dhip
        Sample::one(31, b" \0\0\0DHIP\0\0\0\0\0\0\0\0O\0\0\0\0\0\0\0O\0\0\0\0\0\0\0{\"method\":\"global.login\",\"params\":{\"password\":\"secret\",\"passwordType\":\"Plain\"}}").near(7, 1),
        // dvrip
        Sample::one(33, b"\xff\x01\0\0\0\0\0\0\0\0\0\0\0\0\xe9\x03>\0\0\0{ \"AliveInterval\" : 20, \"DeviceType \" : \"IPC\", \"Ret\" : 100 }\n\0\xff\x01\0\0\0\0\0\0\0\0\0\0\0\0\xfd\x03\x97\0\0\0{ \"Name\" : \"SystemInfo\", \"Ret\" : 100, \"SystemInfo\" : { \"HardWare\" : \"EX3516_50\", \"SerialNo\" : \"0123456789abcdef\", \"SoftWareVersion\" : \"V5.00.R02\" } }\n\0\xff\x01\0\0\0\0\0\0\0\0\0\0\0\0\x84\x05\x06\0\0\0\0\0\x01\xfc\x02\x19").near(20, 1),
        // kasa
        Sample::one(36, b"\0\0\0\xca\xd0\xf2\x81\xf8\x8b\xff\x9a\xf7\xd5\xef\x94\xb6\xd1\xb4\xc0\x9f\xec\x95\xe6\x8f\xe1\x87\xe8\xca\xf0\x8b\xa9\xcc\xbe\xcc\x93\xf0\x9f\xfb\x9e\xbc\x86\xb6\x9a\xb8\xcb\xb2\xc1\xb5\xd0\xbd\x9f\xa5\xde\xfc\x8f\xf8\xa7\xd1\xb4\xc6\xe4\xde\xfc\xce\xe0\xd0\xf0\xb2\xc7\xae\xc2\xa6\x86\xb7\x95\xb9\x9b\xf6\x99\xfd\x98\xf4\xd6\xec\xce\x85\xc6\xf6\xc6\xf6\xde\x9b\xce\xe7\xc5\xe9\xcb\xaa\xc6\xaf\xce\xbd\x9f\xa5\x87\xcf\xae\xc2\xae\x8c\xa0\x82\xf6\x8f\xff\x9a\xb8\x82\xa0\xe9\xa6\xf2\xdc\x95\xc5\x86\xc7\x8a\xcf\x9d\xdc\xfe\xd2\xf0\x9d\xf4\x97\xc8\xa5\xc4\xa7\x85\xbf\x9d\xad\x9d\xad\x9d\xa8\xed\xdd\xed\xd8\xeb\xdb\xec\xce\xe2\xc0\xa4\xc1\xb7\xde\xbd\xd8\x91\xf5\xd7\xed\xcf\xff\xce\xfc\xcf\xfb\xce\xf8\xcf\xf7\xce\x8f\xcd\x8e\xca\x8f\xc9\xeb\xc7\xe5\x89\xe8\x9c\xf5\x81\xf4\x90\xf5\xaa\xc3\xe1\xdb\xeb\x96\xeb\x96\xeb").near(43, 1),
        // tuya
        Sample::one(38, b"\0\0U\xaa\0\0\0\0\0\0\0\t\0\0\0\x08csum\0\0\xaaU").near(23, 1),
        // dahua
        Sample::one(40, b"\xa0\x01\0\0\0\0\0\0eightby0eightby1\x05\x02\0\x01\0\0\xa1\xaa").near(31, 1),
        // sip
        Sample::one(54, b"MESSAGE sip:11010000002000000001@192.0.2.1 SIP/2.0\r\nf: <sip:11010000001320000001@192.0.2.2>\r\nc: Application/MANSCDP+xml\r\nContent-Length: 252\r\n\r\n<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<Response>\n<CmdType>DeviceInfo</CmdType><SN>1</SN>\n<DeviceID>11010000001320000001</DeviceID>\n<DeviceName>Yard</DeviceName><Manufacturer>Example</Manufacturer><Model>E-1</Model><Firmware>1.2</Firmware></Response>\n").near(48, 1),
        // isup
        Sample::one(56, b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PPVSPMessage><Version>4.0</Version><Sequence>1</Sequence><CommandType>REQUEST</CommandType><Method>REGISTER</Method><Command>REGISTER</Command><Params><SerialNumber>DS-EXAMPLE1</SerialNumber><DeviceID>yard</DeviceID><Password>p</Password><FirmwareVersion>V1.2</FirmwareVersion><DevType>123</DevType><Manufacture>Example</Manufacture></Params></PPVSPMessage>").near(48, 1),
        // topsee
        Sample::one(58, b"X\x91XQ \0\0\0<").near(8, 1),
        // hcnetsdk
        Sample::one(60, b"\0\0\0$Z\0\0\0\0\0\0\0\0\x01\0\0").near(15, 1),
        // ezviz
        Sample::one(61, b"\x9e\xba\xac\xe9\x01\0\0\0\0\0\0\x02\0\0\0\0\0\0 \x11\xff\xff\xff\xff\0\0\0\t\0\0\0\0").near(30, 1),
        // ezviz
        Sample::one(63, b"$\0\0,\0\0\x01;\n*ysproto://192.0.2.1:8554/live?dev=E1&chn=1").near(19, 1),
        // pppp
        Sample::one(73, b"\0,h\0\x01\x02\x03\x04\xf1\x10\0(WXYZ\0\0\0\0\0\0\0{KLMNO\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0").near(31, 1),
        // baichuan
        Sample::one(75, b"\xf0\xde\xbc\n\x01\0\0\0,\x07\0\0\0\0\0\0\x01\xdc\x14e").near(18, 1),
        // v380
        Sample::one(88, &[&b"\x8f\x04\0\0\xfe\x03\0\0\0\0\0\0\0\x07"[..], &[0; 35], b"admin", &[0; 202]].concat()).near(7, 1),
        // naxclow
        Sample::one(90, b";\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0{\"code\": 100, \"uid\": \"0123456789ab\", \"domain\": \"v.example\"}").near(28, 1),
        // foscam
        Sample::one(92, b"\x0c\0\0\0FOSC\x05\0\0\0").near(11, 1),
        // tvt
        Sample::one(94, &[&b"head\x01"[..], &[0; 59], b"1111t\0\0\0\x01\x01\0\0\x07\0\0\0\n\0\0\0d\0\0\0"].concat()).near(3, 1),
        // telnet
        Sample::one(95, b"192.0.2.64 login:").near(16, 1),
        // rtmp
        Sample::one(97, &[&b"\x03\0\0\0\t\0\0\0\0"[..], &[90; 3064], b"\x03\0\0\0\0\0\xd5\x14\0\0\0\0\x02\0\x07connect\0?\xf0\0\0\0\0\0\0\x03\0\x03app\x02\0\x04live\0\x08flashVer\x02\0\x12FMLE/3.0 (example)\0\x06swfUrl\x02\0Z", &[120; 54], b"\xc3", &[120; 36], b"\0\x05tcUrl\x02\0$rtmp://push.example/live?key=made-up\0\0\t"].concat()).near(7, 1),
        // rtp, behind lengths
        Sample::one(105, &[&b"\0\x10\x80`\0\x01\0\0\0\x01\0\0\0\t\x07\x07\x07\x07"[..], b"\0\x10\x80`\0\x02\0\0\0\x01\0\0\0\t\x07\x07\x07\x07", b"\0\x10\x80`\0\x03\0\0\0\x01\0\0\0\t\x07\x07\x07\x07"].concat()).near(2, 0x40),
        // mqtt
        Sample::one(99, b"\x10\xbd\0\0\x04MQTT\x04\xc6\0<\0\x08cam-0001\0\x0fCams/P2P/Status\0\x04gone\0\x07someone\0\x07made up\x82\x98\0\0\x01\0\x13Others/").near(40, 1),
        // openvpn
        Sample::one(102, b"\0\x0e8\x07\x07\x07\x07\x07\x07\x07\x07\0\0\0\0\0").near(15, 1),
    ]
}
