(**
# The table of accuracy.md

Fits the models whose answers are known exactly and prints our answers beside them. Run, after a build:

    dotnet fsi docs/accuracy.fsx
*)
#r "../src/LmmFunctional.Cli/bin/Release/net10.0/LmmFunctional.dll"

open System
open System.Numerics
open LmmFunctional

let orStop result =
    match result with
    | Ok value -> value
    | Error problems ->
        problems |> List.iter (LmmError.describe >> eprintfn "%s")
        exit 1

let data name = Csv.read $"{__SOURCE_DIRECTORY__}/../tests/data/{name}.csv" |> orStop
let reml frame formula = Lmm.fitFormula FitOptions.defaults frame formula |> orStop
let ml frame formula = Lmm.fitFormula { FitOptions.defaults with Criterion = Criterion.Ml } frame formula |> orStop

let variance group (fit: Fit) =
    fit.VarianceComponents |> List.find (fun v -> v.Group = group) |> _.Covariance

let standardError (fit: Fit) = fit.Coefficients.Head.StandardError

let row case quantity (exact: float) (ours: float) =
    let error = if exact = 0.0 then abs ours else abs (ours / exact - 1.0)
    printfn "| %s | %s | %.15g | %.15g | %.1g |" case quantity exact ours error

let heading () =
    printfn "| case | quantity | exact | ours | relative error |"
    printfn "|---|---|--:|--:|--:|"

(**
## Balanced designs

The exact values are those of the analysis of variance, which is REML on balanced data; as fractions where they are short.
*)
let dyestuff = data "dyestuff"
let penicillin = data "penicillin"
let pastes = data "pastes"
let oats = data "oats"

heading ()

let d = reml dyestuff "Yield ~ 1 + (1 | Batch)"
row "Dyestuff, REML" "σ² batch" 1764.05 (variance "Batch" d)
row "" "σ²" 2451.25 (variance "Residual" d)
row "" "−2ℓ" 319.6542768422575 d.CriterionValue

let dMl = ml dyestuff "Yield ~ 1 + (1 | Batch)"
row "Dyestuff, ML" "σ² batch" (1388.0 + 1.0 / 3.0) (variance "Batch" dMl)
row "" "σ²" 2451.25 (variance "Residual" dMl)
row "" "−2ℓ" 327.3270598811351 dMl.CriterionValue

let d2 = reml (data "dyestuff2") "Yield ~ 1 + (1 | Batch)"
row "Dyestuff2, REML" "σ² batch" 0.0 (variance "Batch" d2)

let p = reml penicillin "diameter ~ 1 + (1 | plate) + (1 | sample)"
row "Penicillin, REML" "σ² plate" 0.71690821256 (variance "plate" p)
row "" "σ² sample" 3.7309178744 (variance "sample" p)
row "" "σ²" 0.302415458937 (variance "Residual" p)
row "" "SE" 0.808573390985 (standardError p)

let s = reml pastes "strength ~ 1 + (1 | batch/cask)"
row "Pastes, REML" "σ² batch" 1.65730864198 (variance "batch" s)
row "" "σ² batch:cask" 8.43366666667 (variance "batch:cask" s)
row "" "σ²" 0.678 (variance "Residual" s)
row "" "SE" 0.676870066128 (standardError s)

let o = reml oats "yield ~ Variety * nitroF + (1 | Block) + (1 | Block:Variety)"
row "Oats, REML" "σ² Block" 214.477083333 (variance "Block" o)
row "" "σ² Block:Variety" 106.061805556 (variance "Block:Variety" o)
row "" "σ²" 177.083333333 (variance "Residual" o)

(**
## NIST StRD, one-way analysis of variance

A model with one random factor on balanced data: σ² is the mean square within, and the factor's variance is
(mean square between − mean square within) / n. SmLs01 to 09 are made here: observation j of treatment i is the decimal
c + 0.4 + 0.1 aᵢ + 0.1 aⱼ with a₁ = 0 and a_k = (−1)^(k−1); c is 1, 10⁶ or 10¹², read as the nearest double.
*)
let smls (offset: decimal) replicates =
    let a k = if k = 1 then 0m elif k % 2 = 0 then -1m else 1m

    let rows = [
        for i in 1..9 do
            for j in 1..replicates -> i, offset + 0.4m + 0.1m * a i + 0.1m * a j
    ]

    rows |> List.map (fun (i, _) -> string i), rows |> List.map (fun (_, y) -> Double.Parse(string y))

let frameOf (treatments: string list, values: float list) =
    Frame.ofColumns [ "treatment", Column.ofStrings treatments; "y", Column.ofFloats values ] |> orStop

(**
A double near 10¹² is a multiple of 2⁻¹³, so the file as read is not the decimal data. Its own exact answer is the analysis
of variance of the doubles, in integers.
*)
let exactOfDoubles (treatments: string list, values: float list) =
    let unit' = 2.0 ** 13.0
    let integers = values |> List.map (fun y -> BigInteger((y - values.Head) * unit'))
    let groups = List.zip treatments integers |> List.groupBy fst |> List.map (snd >> List.map snd)
    let n, levels, rows = groups.Head.Length, groups.Length, values.Length
    let square (x: BigInteger) = x * x
    let total = List.sum integers
    // Sums of squares times rows, all integers.
    let sums = groups |> List.sumBy (List.sum >> square)
    let between = BigInteger levels * sums - square total
    let within = BigInteger n * (integers |> List.sumBy square) - sums
    let meanBetween = float between / float rows / float (levels - 1) / (unit' * unit')
    let meanWithin = float within / float n / float (rows - levels) / (unit' * unit')
    (meanBetween - meanWithin) / float n, meanWithin

heading ()

let oneWay case frame (between: float) (within: float) =
    let fit = reml frame "y ~ 1 + (1 | treatment)"
    row case "σ² between" between (variance "treatment" fit)
    row "" "σ²" within (variance "Residual" fit)

for k, (offset, replicates) in List.allPairs [ 1m; 1000000m; 1000000000000m ] [ 21; 201; 2001 ] |> List.indexed do
    let made = smls offset replicates
    let certified = float (replicates - 1) * 0.01 / float replicates
    oneWay $"SmLs0{k + 1}" (frameOf made) certified 0.01

    if offset = 1000000000000m then
        let between, within = exactOfDoubles made
        oneWay $"SmLs0{k + 1} as read" (frameOf made) between within

let nist case file response group between within =
    let fit = reml (data file) $"{response} ~ 1 + (1 | {group})"
    row case "σ² between" between (variance group fit)
    row "" "σ²" within (variance "Residual" fit)

nist "SiRstv" "sirstv" "resistance" "instrument" 0.00039094748 1.0831828e-2
nist "AtmWtAg" "atmwtag" "weight" "instrument" 1.42091080917874e-10 2.28155932971014e-10
