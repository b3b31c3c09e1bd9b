# Help pages as objects, and their examples run. Pages have the schema of PlatyPS 1.

. "$PSScriptRoot/ChildHost.ps1"

function Join-Sorted($Items) {
    $list = [Collections.Generic.List[string]]::new()
    foreach ($item in $Items) { $list.Add($item) }
    $list.Sort([StringComparer]::Ordinal)
    $list -join ' '
}

function Read-HelpPage([string] $Path) {
    $text = Get-Content $Path -Raw
    $page = @{
        Text       = $text
        Title      = [regex]::Match($text, '(?m)^# (.*)$').Groups[1].Value
        Sections   = @{}
        Parameters = @{}
        Examples   = [Collections.Generic.List[object]]::new()
        Syntaxes   = @()
    }
    foreach ($section in [regex]::Matches($text, '(?ms)^## ([A-Z ]+)\n(.*?)(?=^## [A-Z ]+\n|\z)')) {
        $page.Sections[$section.Groups[1].Value] = $section.Groups[2].Value.Trim()
    }
    $page.Syntaxes =
        @([regex]::Matches($page.Sections['SYNTAX'], '(?m)^### (\w+)') | ForEach-Object { $_.Groups[1].Value })
    foreach ($example in [regex]::Matches(
        $page.Sections['EXAMPLES'] + "`n", '(?ms)^### Example \d+: (.*?)\n(.*?)(?=^### |\z)')) {
        $page.Examples.Add([pscustomobject] @{
                Title  = $example.Groups[1].Value
                Code   = [regex]::Match($example.Groups[2].Value, '(?s)```powershell\n(.*?)\n```').Groups[1].Value
                Output = [regex]::Match($example.Groups[2].Value, '(?s)```output\n(.*?)\n```').Groups[1].Value
            })
    }
    foreach ($parameter in [regex]::Matches(
        $page.Sections['PARAMETERS'] + "`n", '(?ms)^### -(\w+)\n(.*?)```yaml\n(.*?)```')) {
        $yaml = $parameter.Groups[3].Value
        $page.Parameters[$parameter.Groups[1].Value] = @{
            Text    = $parameter.Groups[2].Value.Trim()
            Type    = [regex]::Match($yaml, '(?m)^Type: (.*)$').Groups[1].Value
            Default = [regex]::Match($yaml, '(?m)^DefaultValue: (.*)$').Groups[1].Value.Trim("'")
            Sets    = @([regex]::Matches(
                $yaml,
                    '- Name: (.*)\n  Position: (.*)\n  IsRequired: (.*)\n  ValueFromPipeline: (.*)\n  ValueFromPipelineByPropertyName: (.*)\n') |
                    ForEach-Object { ($_.Groups | Where-Object Name -NE '0' | ForEach-Object { $_.Value }) -join '|' })
        }
    }
    $page
}

# Types as the pages write them.
function Get-TypeText([type] $Type) {
    $inner = [Nullable]::GetUnderlyingType($Type)
    if ($inner) { "System.Nullable``1[$($inner.FullName)]" } else { $Type.FullName }
}

# "Set|Position|IsRequired|ValueFromPipeline|ValueFromPipelineByPropertyName" for each set of a parameter.
function Get-SetText($Parameter) {
    foreach ($pair in $Parameter.ParameterSets.GetEnumerator()) {
        $set = $pair.Value
        @(
            if ($pair.Key -eq '__AllParameterSets') { '(All)' } else { $pair.Key }
            if ($set.Position -eq [int]::MinValue) { 'Named' } else { "$($set.Position)" }
            "$($set.IsMandatory)".ToLowerInvariant()
            "$($set.ValueFromPipeline)".ToLowerInvariant()
            "$($set.ValueFromPipelineByPropertyName)".ToLowerInvariant()
        ) -join '|'
    }
}

function Test-Program([string] $Name) {
    [bool] $env:PATH.Split(':').Where{ Test-Path "$_/$Name" }
}

# What an example may need that is not on every host: a pattern that shows the need, and the reason to skip it.
function Get-MissingTool {
    foreach ($name in 'perl', 'strace', 'gcc') {
        if (-not (Test-Program $name)) {
            $pattern = if ($name -eq 'strace') { 'Trace-ShmCall' } else { "\b$name\b" }
            @{ Pattern = $pattern; Reason = "$name is not installed" }
        }
    }
}

# Namespaces of their own, where this user may have them, so that examples see no segment or process of others.
function Get-Seclusion {
    $mount =
        'while umount -l /dev/shm 2>/dev/null; do :; done; mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm && "$@"'
    foreach ($user in @(), @('-r')) {
        $through = @('unshare') + $user + @('-i', '-m', '-p', '-f', '--mount-proc', 'sh', '-c', $mount, 'sh')
        $works = try { "$(& $through[0] $through[1..($through.Count - 1)] echo works 2>$null)" } catch { '' }
        if ($works -eq 'works') { return $through }
    }
}

# Runs the examples of all pages in one process, page by page; each page's in one scope, one after the other.
function Invoke-HelpExample([string] $Root, [hashtable] $Pages, [object[]] $Missing) {
    $outcome = @{ Lacking = @{}; Outputs = @{}; Left = @() }
    $secluded = @(Get-Seclusion)
    if (-not $secluded) {
        $Missing += @{
            Pattern = '(Get-ShmStat|Get-ShmAttachment|Find-ShmOrphan)'
            Reason = 'not every process can be seen without namespaces of its own (unshare)'
        }
    }
    $script = [Text.StringBuilder]::new()
    $null = $script.AppendLine("[Environment]::CurrentDirectory = '$Root'").AppendLine(
        "Microsoft.PowerShell.Core\Get-Command Set-Location -ErrorAction Ignore | ForEach-Object { & `$_ '$Root' }")
    $null = $script.AppendLine(
        "`$env:PSModulePath = '$env:PSModulePath'; if (`$PSStyle) { `$PSStyle.OutputRendering = 'PlainText' }")
    # The terminal that the tests run in may be wide: pages show what fits into 100 columns.
    $null = $script.AppendLine(
        'filter Set-NarrowView { if ($_.PSTypeNames -like "*#Wide") { $_.PSTypeNames.RemoveAt(0) }; , $_ }')
    foreach ($name in $Pages.Keys) {
        $examples = $Pages[$name].Examples
        $lacking = $Missing |
            Where-Object { $need = $_; @($examples | Where-Object { $_.Code -match $need.Pattern }).Count -gt 0 }
        if ($lacking) {
            $outcome.Lacking[$name] = @($lacking)[0].Reason
            continue
        }
        $null = $script.AppendLine('& {')
        for ($i = 0; $i -lt $examples.Count; $i++) {
            $null = $script.AppendLine(
                "[Console]::Out.WriteLine('@@@$name $i')").AppendLine('$body = {').AppendLine($examples[$i].Code).AppendLine('}')
            $null = $script.AppendLine('. $body | Set-NarrowView | Out-String -Width 100 -Stream | Out-Default')
        }
        $null = $script.AppendLine('}').AppendLine("[Console]::Out.WriteLine('@@@left $name')")
        $null = $script.AppendLine(
            "Get-ShmSegment | ForEach-Object { [Console]::Out.WriteLine(`"`$_`") }; Get-ShmMapping | ForEach-Object { [Console]::Out.WriteLine(`"`$_`") }")
    }
    $current = 'left before the first page'
    foreach ($line in Invoke-ChildHost $script.ToString() -Through $secluded 2>&1) {
        if ("$line".StartsWith('@@@')) { $current = "$line".Substring(3) }
        elseif ($current.StartsWith('left ')) {
            if (($secluded -or $current -match ' before ') -and "$line".Trim()) { $outcome.Left += "${current}: $line" }
        }
        else { $outcome.Outputs[$current] += "$line`n" }
    }
    $outcome
}

# Lines without what differs from run to run: numbers, addresses, times, ids; and how wide columns are.
function Get-Shape([string] $Text) {
    # Where a cell wraps depends on the digits of ids: its lines are one, without what a wrap takes.
    $unwrapped = $Text -replace '(?<=\S)[ \r]*\n {40,}(?=\S)'
    foreach ($line in $unwrapped.Split("`n")) {
        $line = $line.TrimEnd()
        if ($line.Trim() -eq '') { continue }
        if ($line -match '^-?\d{1,5}$') { $line; continue }
        $line = $line -replace '\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b',
            'Jan' -replace '\b(pwsh|dotnet)\b', 'host'
        $line = $line -replace "\b$([regex]::Escape([Environment]::UserName))\b", 'root'
        $line = $line -replace '0x[0-9a-fA-F]+', '#' -replace '\b(?=[a-f]*\d)[0-9a-f]{8,16}\b', '#' -replace '\(\d+\)',
            '#' -replace '\d[\d.:]*', '#'
        $line = $line -replace '\[[.#:*]+\]', '[#]' -replace '-{2,}', '-'
        ((-split $line) -join ' ')
    }
}

# What differs, in words. Where a line was cut for want of width, so much of it counts. What a host has of limits and
# checks differs; there the head of the table counts.
function Compare-Shape([string[]] $Said, [string[]] $Given, [string] $Cmdlet) {
    $count = [Math]::Max(@($Said).Count, @($Given).Count)
    if ($Cmdlet -in 'Get-ShmLimit', 'Test-ShmHost') { $count = if ("$(@($Said)[1])" -match '^[- ]+$') { 2 } else { 0 } }
    $cut = [char] 0x2026
    for ($i = 0; $i -lt $count; $i++) {
        $left = "$(@($Said)[$i])"
        $right = "$(@($Given)[$i])"
        # Where a cell wraps, a space may have gone.
        if (($left + $right).Contains($cut)) {
            # Whole words before the cut, on both sides as much.
            $left, $right = $left, $right | ForEach-Object { $_ -replace "(^|\s)\S*$cut.*`$" -replace '\s' }
            $least = [Math]::Min($left.Length, $right.Length)
            $left, $right = $left.Substring(0, $least), $right.Substring(0, $least)
        }
        else { $left, $right = $left, $right -replace '\s' }
        if ($left -cne $right) { "line $($i + 1): the page has '$left', the run '$right'" }
    }
}
