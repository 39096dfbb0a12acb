"""The style sheet of the doctor's page. Colours are named once for light and once for dark; paper is light."""

STYLE = """
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1d2126;--soft:#68707a;--line:#e3e1da;--accent:#1f5fa8;
--most:#2f7d6b;--some:#8fc1ae;--few:#e9b44c;--absent:#c8402f;--shut:#f1efe9;--holiday:#d8d4c8;--stray:#7c4fa3;
--blocker:#b3261e;--warning:#a66300;--note:#4a6076;--clean:#2f7d6b}
@media(prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1b1f23;--ink:#e6e4df;--soft:#98a0a8;--line:#2c3237;
--accent:#79b0ec;--most:#3d9a84;--some:#2b6154;--few:#c9942f;--absent:#e0604d;--shut:#20252a;--holiday:#3a4046;
--stray:#a67fd0;--blocker:#ff8a7d;--warning:#f0b35a;--note:#9fb6cc;--clean:#5fc2aa}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1060px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:28px;margin:0;letter-spacing:-.02em}
header p{margin:4px 0 24px;color:var(--soft)}
h2{font-size:20px;margin:0 0 12px;letter-spacing:-.01em}
h3{font-size:15px;margin:0}
a{color:var(--accent)}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:24px;margin:0 0 28px}
nav ol{columns:2;padding-left:22px;margin:0 0 28px}
nav li{break-inside:avoid;padding:2px 0}
dl{display:flex;flex-wrap:wrap;gap:10px 28px;margin:0 0 18px}
dt{color:var(--soft);font-size:12px}
dd{margin:0;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;font-size:13.5px}
th{text-align:left;font-weight:600;color:var(--soft);font-size:12px;padding:4px 10px 4px 0;
border-bottom:1px solid var(--line)}
td{vertical-align:top;padding:8px 10px 8px 0;border-bottom:1px solid var(--line)}
tr:target td{background:color-mix(in srgb,var(--accent) 12%,transparent)}
tr.waived{color:var(--soft)}
.number{text-align:right;font-variant-numeric:tabular-nums}
.when{white-space:nowrap;font-variant-numeric:tabular-nums;font-size:12.5px}
code{display:block;margin-top:5px;font:12px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--soft);
overflow-wrap:anywhere}
.badge{display:inline-block;font-size:11.5px;font-weight:600;line-height:1.5;padding:1px 8px;border-radius:99px;
border:1px solid currentColor;margin-right:5px;vertical-align:2px}
.badge.blocker{color:var(--card);background:var(--blocker);border-color:var(--blocker)}
.badge.warning{color:var(--warning)}.badge.note,.badge.waived{color:var(--note)}.badge.clean,p.clean{color:var(--clean)}
figure{margin:26px 0 0}
figcaption p{margin:2px 0 8px;color:var(--soft);font-size:13px}
.key{display:inline-block;margin-right:14px;white-space:nowrap}
.key i{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:5px;vertical-align:-1px;
border:1px solid var(--line)}
i.most{background:var(--most)}i.some{background:var(--some)}i.few{background:var(--few)}i.absent{background:var(--absent)}
i.shut{background:var(--shut)}i.holiday{background:var(--holiday)}i.stray{background:var(--stray)}
svg{display:block;width:100%;height:auto;margin-top:6px}
svg .most{fill:var(--most)}svg .some{fill:var(--some)}svg .few{fill:var(--few)}svg .absent{fill:var(--absent)}
svg .shut{fill:var(--shut)}svg .holiday{fill:var(--holiday)}svg .stray{fill:var(--stray)}
text{fill:var(--ink);font:600 12px system-ui,sans-serif}
text.tick{fill:var(--soft);font-weight:400;font-size:10.5px;font-variant-numeric:tabular-nums}
text.event{fill:var(--accent)}
line.month{stroke:var(--card);stroke-width:1}
line.grid{stroke:var(--line);stroke-width:1}line.axis{stroke:var(--soft);stroke-width:1}
path.event{fill:none;stroke:var(--accent);stroke-width:1;stroke-dasharray:2 3}
path.line{fill:var(--most);fill-opacity:.14;stroke:var(--most);stroke-width:1.5;stroke-linejoin:round}
path.soft{fill:var(--some);fill-opacity:.14;stroke:var(--some);stroke-width:1}
.flag.blocker{fill:var(--blocker)}.flag.warning{fill:var(--warning)}
@media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#555;--line:#ccc;--shut:#f1efe9;--holiday:#d8d4c8;
--most:#2f7d6b;--some:#8fc1ae;--few:#e9b44c;--absent:#c8402f;--stray:#7c4fa3}
body{font-size:11px}main{padding:0;max-width:none}section{border:0;padding:0;break-after:page}
figure,tr{break-inside:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
