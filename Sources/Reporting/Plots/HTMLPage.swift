/// A page that needs nothing else: no script, nothing that is loaded.
///
/// Colors follow the reader's choice of light or dark.
struct HTMLPage {
  /// What it is called, as plain text.
  let title: String
  /// Rules for what only this page has.
  var css = ""
  /// What stands below the title, as HTML.
  let body: String

  /// The page.
  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width,initial-scale=1">
    <title>\(SVG.escaped(title))</title>
    <style>
    \(PlotStyle.css)
    \(Self.css)
    \(css)
    </style>
    </head>
    <body>
    <main>
    <h1>\(SVG.escaped(title))</h1>
    \(body)</main>
    </body>
    </html>

    """
  }

  private static let css = """
    body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
    main{max-width:1400px;margin:0 auto;padding:24px 20px 60px}
    h1{font-size:1.6rem;line-height:1.25;margin:.2em 0 .6em}
    h2{font-size:1.2rem;margin:2em 0 .4em}
    p,ul{max-width:80ch}
    .verdict{font-size:1.1rem;border-left:4px solid var(--s0);padding:.5em 1em;background:var(--panel)}
    code{font-size:.85rem;overflow-wrap:anywhere;color:var(--quiet)}
    .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr));gap:20px;align-items:start}
    figure{margin:0}
    .table{overflow-x:auto;margin-top:20px}
    table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
    th,td{padding:.35em .9em;text-align:right;border-bottom:1px solid var(--grid);white-space:nowrap}
    thead th{white-space:normal;font-weight:600;color:var(--quiet);vertical-align:bottom}
    th[scope=row]{text-align:left;font-weight:600}
    """
}
