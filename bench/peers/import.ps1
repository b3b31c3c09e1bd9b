# Times the import of a module in this fresh process; prints seconds.
param([string] $Module)
$clock = [System.Diagnostics.Stopwatch]::StartNew()
Import-Module $Module
$clock.Elapsed.TotalSeconds.ToString([cultureinfo]::InvariantCulture)
