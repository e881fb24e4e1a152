//! Samples of message readers: one packet each.

use lenscap_wire::Address;

use super::Sample;

const LINK_LOCAL: Address = Address([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);

/// By number of reader.
pub(crate) fn all() -> Vec<Sample> {
    vec![
        // http
        Sample::one(2, b"GET /a HTTP/1.1\r\nHost: One.example:8080\r\n\r\n").near(16, 1),
        // dns
        Sample::one(3, b"\x124\x01\0\0\x01\0\0\0\0\0\0\x03cam\x07example\0\0\x01\0\x01").near(28, 1),
        // mdns
        Sample::one(5, b"\x124\x84\0\0\0\0\x04\0\0\0\0\x05_rtsp\x04_tcp\x05local\0\0\x0c\0\x01\0\0\0<\0\x0b\x08Door Cam\xc0\x0c\x08Door Cam\xc0\x0c\0!\0\x01\0\0\0<\0\x11\0\0\0\0\x02*\x03cam\x05local\0\x08Door Cam\xc0\x0c\0\x10\0\x01\0\0\0<\0\n\x04a=b1\0\x03c=d\x03cam\x05local\0\0\x01\0\x01\0\0\0<\0\x04\xc0\xa8\x01@").near(38, 1),
        // llmnr
        Sample::one(6, b"\x124\0\0\0\x01\0\0\0\0\0\0\x05CAM-1\0\0\x01\0\x01").near(22, 1),
        // dhcp
        Sample::one(7, &[&b"\x01\x01\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\xc0\xa8\x01@\0\0\0\0\0\0\0\0\x02\0\0\0\0\x01"[..], &[0; 202], b"c\x82Sc5\x01\x01\x0c\x04cam\0<\x06udhcp1\x007\x03\x01\x1cy=\x03\x01\xab\x0cQ\x0f\x04\0\0\x03cam\x07example"].concat()).near(0, 1),
        // dhcpv6
        Sample::one(8, b"\x01\xaa\xbb\xcc\0\x01\0\n\0\x03\0\x01\x02\0\0\0\0\x01\0'\0\x0e\x01\x03cam\x07example\0\0\x10\0\x0e\0\0\x9c@\0\x05cam-1\0\x01x").near(39, 1),
        // arp
        Sample::one(9, b"\0\x01\x08\0\x06\x04\0\x02\x02\0\0\0\0\x01\xc0\xa8\x01@").near(6, 1),
        // ndp
        Sample::one(10, b"\0\0\0\0\x01\x01\x02\0\0\0\0\x01").between(133, 0).from(LINK_LOCAL).near_type(132, 0),
        // ssdp
        Sample::one(11, b"NOTIFY * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nserver: Linux UPnP/1.0 cam\r\nLOCATION: http://192.168.1.64/d.xml\r\nNT: upnp:rootdevice\r\nUSN: uuid:1\r\n").between(50000, 1900).near(18, 1),
        // ntp
        Sample::one(12, b"\x16\x82\0\0\0\0\0\0\0\0\0\0").near(11, 1),
        // stun
        Sample::one(18, b"\x01\x01\x004!\x12\xa4B\xb7\xe7\xa7\x01\xbc4\xd6\x86\xfa\x87\xdf\xae\x80\"\0\x0btest vector\0\0\x01\0\x08\0\x01\0\x07\n\0\0\x01\0 \0\x08\0\x01\xa1G\xe1\x12\xa6C\0\x01\0\x08\0\x01\0\x07\n\0\0\x01").near(7, 1),
        // rtsp
        Sample::one(29, b"DESCRIBE rtsp://192.0.2.1:554/ch1?pwd=x RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Example Viewer\r\nAuthorization: Basic YTpi\r\n").near(48, 1),
        // dhip
        Sample::one(30, b" \0\0\0DHIP\0\0\0\0\0\0\0\0Y\x01\0\0\0\0\0\0Y\x01\0\0\0\0\0\0{\"mac\" : \"00:00:5e:00:53:07\", \"method\" : \"client.notifyDevInfo\", \"params\" : {\"deviceInfo\" : {\"AlarmInputChannels\" : 0, \"DeviceClass\" : \"IPC\", \"DeviceType\" : \"IPC-EX100\", \"IPv4Address\" : {\"DhcpEnable\" : false, \"IPAddress\" : \"192.0.2.7\"}, \"MachineName\" : \" Door \", \"SerialNo\" : \"9Z01234PAB56789\", \"Vendor\" : \"Example\", \"Version\" : \"2.800.0.1.R\"}}}").near(27, 1),
        // dvrip
        Sample::one(32, b"\xff\x01\0\0\0\0\0\0\0\0\0\0\0\0\xfb\x05\x02\x01\0\0{ \"NetWork.NetCommon\" : { \"ChannelNum\" : 1, \"DeviceType\" : 1, \"HostIP\" : \"0x6D0200C0\", \"HostName\" : \"LocalHost\", \"MAC\" : \"00:00:5e:00:53:07\", \"OtherFunction\" : \"D=1\", \"SN\" : \"0123456789abcdef\", \"TCPPort\" : 34567 }, \"Ret\" : 100, \"SessionID\" : \"0x00000000\" }\n\0").near(20, 1),
        // tdp
        Sample::one(34, b"\x02\0\0\x01\x01\x04\x11\0\t\x08\x07\x06\xbd\x8e^\xf5{\"result\":{\"device_id\":\"0123456789ABCDEF\",\"device_model\":\"C000\",\"device_name\":\"Yard\",\"device_type\":\"SMART.IPCAMERA\",\"encrypt_info\":{\"key\":\"abc\"},\"encrypt_type\":[\"3\"],\"firmware_version\":\"1.2.3 Build 1\",\"ip\":\"192.0.2.7\",\"mac\":\"00-00-5E-00-53-07\"},\"error_code\":0}").near(48, 1),
        // kasa
        Sample::one(35, b"\xd0\xf2\x81\xf8\x8b\xff\x9a\xf7\xd5\xef\x94\xb6\xd1\xb4\xc0\x9f\xec\x95\xe6\x8f\xe1\x87\xe8\xca\xf0\x8b\xa9\xcc\xbe\xcc\x93\xf0\x9f\xfb\x9e\xbc\x86\xb6\x9a\xb8\xcb\xb2\xc1\xb5\xd0\xbd\x9f\xa5\xde\xfc\x8f\xf8\xa7\xd1\xb4\xc6\xe4\xde\xfc\xce\xe0\xd0\xf0\xb2\xc7\xae\xc2\xa6\x86\xb7\x95\xb9\x9b\xf6\x99\xfd\x98\xf4\xd6\xec\xce\x85\xc6\xf6\xc6\xf6\xde\x9b\xce\xe7\xc5\xe9\xcb\xaa\xc6\xaf\xce\xbd\x9f\xa5\x87\xcf\xae\xc2\xae\x8c\xa0\x82\xf6\x8f\xff\x9a\xb8\x82\xa0\xe9\xa6\xf2\xdc\x95\xc5\x86\xc7\x8a\xcf\x9d\xdc\xfe\xd2\xf0\x9d\xf4\x97\xc8\xa5\xc4\xa7\x85\xbf\x9d\xad\x9d\xad\x9d\xa8\xed\xdd\xed\xd8\xeb\xdb\xec\xce\xe2\xc0\xa4\xc1\xb7\xde\xbd\xd8\x91\xf5\xd7\xed\xcf\xff\xce\xfc\xcf\xfb\xce\xf8\xcf\xf7\xce\x8f\xcd\x8e\xca\x8f\xc9\xeb\xc7\xe5\x89\xe8\x9c\xf5\x81\xf4\x90\xf5\xaa\xc3\xe1\xdb\xeb\x96\xeb\x96\xeb").near(48, 1),
        // tuya
        Sample::one(37, b"\0\0U\xaa\0\0\0\0\0\0\0\0\0\0\0\x84{\"ip\":\"192.0.2.7\",\"gwId\":\"bf0123456789abcdef0123\",\"active\":2,\"encrypt\":true,\"productKey\":\"keyabcdefghijklm\",\"version\":\"3.3\"}csum\0\0\xaaU").near(15, 1),
        // dahua
        Sample::one(39, &[&b"\xb3\0\x11\0X\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\\\0\0\0\0\0\0\0\0\0\0\0\x02\0\xa4\x01\0\0\x05"[..], &[0; 81], b"00:00:5e:00:53:07Name:Door\r\nDevice:IPC-EX100\r\nIPv6Addr:;\r\nSerialNo:9Z01234PAB56789\r\nName:x\r\n"].concat()).near(21, 1),
        // dhp2p
        Sample::one(41, b"DHGET /probe/device/9Z01234PAB56789 HTTP/1.1\r\n\r\n").near(6, 1),
        // dhstun
        Sample::one(43, b"\xff\xfe\xff\xe7\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\xf8\x7f\xd5\xff\xf7\xfa\xfa\xfa\xfa\xfa\xfa\xfa\xfa\xff\xfb\xff\xf7\xff\xfe\xed\xcb?\xff\xfd\xfe").near(35, 1),
        // sadp
        Sample::one(50, b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ProbeMatch>\n<Uuid>01</Uuid>\n<Types>inquiry</Types>\n<DeviceType>1</DeviceType>\n<DeviceDescription>DS-EXAMPLE</DeviceDescription>\n<DeviceSN>DS-EXAMPLE20200101AA1</DeviceSN>\n<MAC>02-00-00-00-00-01</MAC>\n<SoftwareVersion>V1.0build 200101</SoftwareVersion>").near(48, 1),
        // sadp
        Sample::one(51, b"!\x01\x01\xf6\0\0\0\x01\x06\x04\x04\0\xab\xcd\x02\0\0\0\0\x01\xc0\0\x02\x01\x02\0\0\0\0\x02\xc0\0\x02\x02\xff\xff\xff\0").near(14, 1),
        // ws-discovery
        Sample::one(52, b"<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><s:Header><a:MessageID>1</a:MessageID></s:Header><s:Body><d:Hello><a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference><d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>onvif://www.onvif.org/").near(41, 1),
        // sip
        Sample::one(53, b"MESSAGE sip:11010000002000000001@192.0.2.1 SIP/2.0\r\nf: <sip:11010000001320000001@192.0.2.2>\r\nc: Application/MANSCDP+xml\r\nContent-Length: 252\r\n\r\n<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<Response>\n<CmdType>DeviceInfo</CmdType><SN>1</SN>\n<DeviceID>11010000001320000001</DeviceID>\n<DeviceName>Yard</DeviceName><Manufacturer>Example</Manufacturer><Model>E-1</Model><Firmware>1.2</Firmware>").near(48, 1),
        // isup
        Sample::one(55, b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PPVSPMessage><Version>4.0</Version><Sequence>1</Sequence><CommandType>REQUEST</CommandType><Method>REGISTER</Method><Command>REGISTER</Command><Params><SerialNumber>DS-EXAMPLE1</SerialNumber><DeviceID>yard</DeviceID><Password>p</Password><FirmwareVersion>V1.2</FirmwareVersion><DevType>123</DevType><Manufacture>Example</Manufacture>").near(48, 1),
        // topsee
        Sample::one(57, b"<?xml version=\"1.0\" encoding=\"GB2312\" ?>\n<XML_EXAMPLE>\n<MESSAGE_HEADER\nMsg_type=\"SYSTEM_SEARCHIPC_MESSAGE\"\nMsg_code=\"3\"\nMsg_flag=\"0\"\n/>\n<MESSAGE_BODY>\n<DEVICE_TYPE DeviceType=\"NVS-IPCAM\" DeviceModule=\"E-1\" />\n<IPC_SERIALNUMBER UUID=\"\" SerialNumber=\"E1\" P2PID=\"E2\"/>\n<LANConfig MacAddress=\"02:00:00:00:00:01\" IPAddress=\"192.0.2.1\"/>\n<UserConfig>\n<Account Username=\"a\" Password=\"b\"/>").near(41, 1),
        // rcp
        Sample::one(59, b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><root xmlns=\"OEMExt00:device-1-0\"><device><deviceType>OEMExt00:device:deviceID0</deviceType><friendlyName>EXAMPLE IP</friendlyName><unitName>Yard</unitName><serialNumber>1:1</serialNumber><physAddress>02-00-00-00-00-01</physAddress>").near(43, 1),
        // ezviz
        Sample::one(62, b"\x9e\xba\xac\xe9\x01\0\0\0\0\0\0\x02\0\0\0\0\0\0 \x11\xff\xff\xff\xff\0\0\0\t\0\0\0\0").near(30, 1),
        // pppp
        Sample::one(70, b"\xf1@\0\x10\0\x02}t\td3\xc6\0\0\0\0\0\0\0\0").between(32100, 40000).near(19, 1),
        // baichuan
        Sample::one(76, b":\xcf\x87*>\0\0\0\x01\0\0\0M\0\0\0\0\0\0\0\xa4l\x1fO\xe4uP\x1e\xaamH{\xf81O\x88DoV\xe2\x1b\xc1\xf3\xe0Y\xa3<\xd3\xbe\x96\xc2'\xa8\x0c\x1d/\xeaCC/\xf1J)2\x9bL5\xb0;E|\xd9w\xc6\xcc\x99.\xb2C\xd3\xcc\xd9").near(11, 1),
        // vstarcam
        Sample::one(78, &[&b"DH\x01\x08192.0.2.7"[..], &[0; 71], b"\x02\0^\x10\0\x01\0\0WXYZ000123KLMNO\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0Hall", &[0; 76], b"10.20.30", &[0; 24], b"someone", &[0; 25], b"made up", &[0; 25]].concat()).near(13, 1),
        // hanwha
        Sample::one(79, &[&b"\x0b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0002:00:5e:10:00:01\x00192.0.2.7"[..], &[0; 63], b"XNV-0000R\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0http://192.0.2.7/", &[0; 112]].concat()).near(36, 1),
        // vivotek
        Sample::one(80, b"!J]\x8f\x1c\x01\x0bLong FD0000\x04\x07\x02\x06\x02\0^\x10\0\x01\x03\x04\xc0\0\x02\x07\t\x06FD0000").near(35, 1),
        // foscam
        Sample::one(81, b"MO_I\x01\0\0\t\x08\x07\x06\x05\x04\x03\x02@\0\0\0\0\0\0\x0002005e100001\0Hall\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xc0\0\x02\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x0b\x02\x1e\0\0\0\0\0\0").near(18, 1),
        // panasonic
        Sample::one(82, b"\0\x01\x006\0\x0e\x02\0^\x10\0\x01\x02\0^\x10\0\x01\xc0\0\x02\x07\0\0 \x11\x1e\x11#\x1f\x1e\x19\x13\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0 \0\x04\xc0\0\x02\x07\0\xa7\0\x10WV-X0000 series\0\0\xa8\0\x08WV-X0000\0\xa9\0\x051.46\0\xff\xff0\x17").near(32, 1),
        // sony
        Sample::one(83, b"\x02MAC:02-00-5e-10-00-01\xffINFO:network camera\xffMODEL:SNC-X000\xffSERIAL:0012345\xffSOFTVERSION:1.79.00\xffIPADR:192.0.2.7\xff\x03").near(48, 1),
        // ubiquiti
        Sample::one(84, b"\x01\0\0>\x02\0\n\x02\0^\x10\0\x01\xc0\0\x02\x07\x01\0\x06\x02\0^\x10\0\x01\x0b\0\x04Hall\x0c\0\x06UVC G0\x03\0\x0cUVC.S0.v4.70\x15\0\x06UVC G0").near(44, 1),
        // nice
        Sample::one(85, &[&b"NICE\x124\x01\t\0\0\x02\0^\x10\0\x01\xc0\0\x02\x07\xff\xff\xff\0\xc0\0\x02\x01\0\0\0\x02\0\x0b\0\0\x01\x04"[..], &[0; 36], b"NVE 0000\0\0\0\0\0\0\0\0"].concat()).near(23, 1),
        // 360vision
        Sample::one(86, b"DISCOVER TYPE=PREDATOR X KEY='02:00:5e:10:00:01' ID=900000\r\n").near(47, 1),
        // v380
        Sample::one(87, b"NVDEVRESULT^1^02:00:5e:10:00:01^192.0.2.7^a^b^c^d^e^f^g^h^12345678^i^j^").near(47, 1),
        // miio
        Sample::one(89, b"!1\0 \0\0\0\0\0\x01\0\x07\0\0\t\t\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07").near(7, 1),
        // snmp
        Sample::one(96, b"0\x82\0\xa9\x02\x82\0\x01\x01\x04\x82\0\x07made up\xa2\x82\0\x95\x02\x82\0\x01\0\x02\x82\0\x01\0\x02\x82\0\x01\x000\x82\0\x820\x82\0\x16\x06\x82\0\x0b+\x06\x01\x04\x01\x82\xb1}\x01\x01\0\x04\x82\0\x03E-10\x82\0\x19\x06\x82\0\x0b+\x06\x01\x04\x01\x82\xb1}\x01\x04\0\x04\x82\0\x06\x02\0^\x10\0\x010\x82\0\x19\x06\x82\0\r+\x06\x01\x04\x01\xbd\xaa1\x02\x01\x02\x04\0\x04\x82\0\x040E0E").between(161, 50000).near(40, 1),
        // srt
        Sample::one(98, &[&b"\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x02\0\0\0\0\0\0\x05\xdc\0\0\0\0\0\0\0\x01"[..], &[0; 24]].concat()).near(39, 1),
        // wireguard
        Sample::one(100, b"\x02\0\0\0\0\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVW").near(3, 1),
        // openvpn
        Sample::one(101, b"8\x07\x07\x07\x07\x07\x07\x07\x07\0\0\0\0\0").near(13, 1),
        // naxclow
        Sample::one(103, b";\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0{\"code\": 100, \"uid\": \"0123456789ab\", \"domain\": \"v.example\"}").near(28, 1),
    ]
}
