//! What `--help` says beyond single options.

pub(super) const ABOUT: &str = "Finds the IP cameras in captured traffic, and proves what they send to whom";

pub(super) const LONG_ABOUT: &str = "\
Finds the IP cameras in captured traffic, and proves what they send to whom.

lenscap reads captures (pcap and pcapng, gzip and zstd), tells which devices are cameras, recorders or doorbells and how \
that is known, whom outside of the site they talk to, how many bytes went each way, and what that is worth. Every \
identity and every finding names its packets. What could not be seen is printed with the same weight as what was.";

pub(super) const AFTER: &str = "\
Exit status:
  0  nothing was found at or over --fail-on
  1  something was
  2  not the whole job could be done; standard error says what, where and why

Examples:
  lenscap scan office.pcapng                            the answer on one screen
  lenscap explain 7e72532f office.pcapng                from a claim to its packets, by its id
  lenscap extract 7e72532f office.pcapng -w proof.pcapng
  lenscap devices captures/ --sort sent --top 10
  lenscap flows captures/ --party hik-connect --json";

pub(super) const SCAN: &str = "\
Scans captures: who the cameras are, whom they talk to, what left the site, and how sure that is.

Files and directories given together are one capture: they are put in order of time, and flows go on from one file to the \
next. Formats are told by content, not by name. What stands before a torn tail is used, and the tail is reported. In a \
directory what is no capture is passed over, and said; an empty file that is called like a capture could not be read.";

pub(super) const SCAN_EXAMPLES: &str = "\
Examples:
  lenscap scan office.pcapng                            the answer on one screen
  lenscap scan office.pcapng --long                     with findings, reasons, tables, ledger
  lenscap scan captures/ --each                         each capture on its own
  lenscap scan captures/ --json > report.jsonl          every record, one JSON object a line
  lenscap scan a.pcap b.pcap --json --select finding    the findings alone
  lenscap scan big.pcap.zst --csv --select device       the devices, for a spreadsheet
  tcpdump -i eth0 -U -w - | lenscap scan - --every 5m   a pipe; Ctrl-C ends it with a report
  lenscap scan monday.pcapng --save monday.lens         keep the summary, to judge or merge it later
  lenscap scan office.pcapng --fail-on high && echo ok  in a script

What a line says: how bad it is, address, maker and model, payload sent and whether that was an upload, to which address, \
id; then by which name it was called and the packet (#) that shows it, how sure that is, in which time. Confidence is of 100: \
that it is as the line says; in a line without an id that it is a camera. Unknown content is what no reader knows, or what a peer-to-peer protocol carries. HIGH is an upload of a \
camera, or that somebody outside watches it; MEDIUM a smaller upload, or reports again and again; LOW that it was in contact, \
or was refused; INFO what every host does. POSSIBLE is a device that may be a camera. lenscap explain has the rules. Bytes are \
payload, each byte once, unless it says IP bytes (tables: headers included) or wire (ledger).

Records of --json, in this order: capture, device, flow, name, contact, finding, ledger, summary. Times are RFC 3339 in UTC with \
nanoseconds, numbers are integers, what is absent is omitted. Text out of packets is escaped: a backslash is \\\\, a byte that \
is no text \\xNN, a character that cannot be seen \\u{N}.

Exit status: 0 nothing found, 1 a finding at or over --fail-on, 2 not the whole job could be done.";

pub(super) const MERGE: &str = "\
Joins summaries that were saved with --save, in order of time, and reports on the whole.

The result is that of one scan of all their captures. Summaries whose captures overlap in time are refused: scan those \
captures together instead. A summary holds the first bytes of some streams; treat it as you treat the captures.";

pub(super) const INSPECT: &str = "\
Says what captures are: format, compression, link types, snap length, packets, bytes, first and last time, and what is \
wrong with them. Nothing is judged.";

pub(super) const BENCH: &str = "\
Measures the engine over captures: throughput by stage, latency of batches, threads, memory.

A round scans the captures whole with each number of threads (read, decode, fold, judge, render the report as JSON to \
nowhere), and then reads, decodes and folds them stage by stage on one thread. Printed are medians of the rounds, beside \
the least and the most. The first scan is one to warm up, so that captures are in the page cache; what a disk takes is \
not measured.

The stages on one thread: read walks the records, decode is decoding alone, fold is the rest of a scan. They are \
differences of passes, so a stage that takes next to nothing may come out as nothing.";

pub(super) const BENCH_EXAMPLES: &str = "\
Examples:
  lenscap bench office.pcapng                                one thread, and all processors
  lenscap bench captures/ --threads 1-4 --rounds 20          how it scales
  lenscap bench captures/ --save main.json                   keep the run
  lenscap bench captures/ --against main.json                what has changed since
  lenscap bench captures/ --hgrm batches.hgrm --csv > a.csv  for plotter and spreadsheet

Exit status: 0 measured, 2 an input could not be read, or the saved run is of other captures.";

pub(super) const CATALOG: &str = "\
Shows what is known of vendors: their names on the network, hardware prefixes, address ranges and ports, each with its \
source.";
