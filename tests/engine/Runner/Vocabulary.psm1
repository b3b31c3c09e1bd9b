# The words of a test file that are read at discovery. They stand in a module, so that their own parameters are no
# variables of the file's script blocks; $____discovery is the runner's Discovery object.

function Describe {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Name,
        [Alias('Tags')] [string[]] $Tag,
        [Parameter(Position = 1)] [scriptblock] $Fixture,
        [switch] $Skip,
        $ForEach
    )
    foreach ($block in $____discovery.AddBlocks($MyInvocation, $PSBoundParameters)) {
        $____discovery.Enter($block)
        if ($block.HasData) { & $____enterScope $block.Variables $Fixture } else { & $Fixture }
        $____discovery.Leave($block)
    }
}

function It {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Name,
        [Parameter(Position = 1)] [scriptblock] $Test,
        [Alias('TestCases')] [object[]] $ForEach,
        [string[]] $Tag,
        [switch] $Skip
    )
    $____discovery.AddTests($MyInvocation, $PSBoundParameters)
}

function BeforeDiscovery {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [scriptblock] $ScriptBlock)
    $____discovery.RequireOpen($MyInvocation)
    . $ScriptBlock
}

function BeforeAll {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [scriptblock] $ScriptBlock)
    $____discovery.AddSetup($MyInvocation, 'BeforeAll', $ScriptBlock)
}

function AfterAll {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [scriptblock] $ScriptBlock)
    $____discovery.AddSetup($MyInvocation, 'AfterAll', $ScriptBlock)
}

function BeforeEach {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [scriptblock] $ScriptBlock)
    $____discovery.AddSetup($MyInvocation, 'BeforeEach', $ScriptBlock)
}

function AfterEach {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [scriptblock] $ScriptBlock)
    $____discovery.AddSetup($MyInvocation, 'AfterEach', $ScriptBlock)
}

# What Describe takes, Context takes.
${function:Context} = ${function:Describe}

Export-ModuleMember -Function Describe, Context, It, BeforeDiscovery, BeforeAll, AfterAll, BeforeEach, AfterEach
