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

let data name =
    Csv.read $"{__SOURCE_DIRECTORY__}/../tests/data/{name}.csv" |> orStop

let reml frame formula =
    Lmm.fitFormula FitOptions.defaults frame formula |> orStop

let ml frame formula =
    Lmm.fitFormula
        {
            FitOptions.defaults with
                Criterion = Criterion.Ml
        }
        frame
        formula
    |> orStop

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

The exact values are those of the analysis of variance, which is REML on balanced data when no estimate is negative;
the mean squares of Penicillin, Pastes and Oats are written as fractions.
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
let msPlate, msSample, msError = 953.0 / 207.0, 4043.0 / 45.0, 313.0 / 1035.0
row "Penicillin, REML" "σ² plate" ((msPlate - msError) / 6.0) (variance "plate" p)
row "" "σ² sample" ((msSample - msError) / 24.0) (variance "sample" p)
row "" "σ²" msError (variance "Residual" p)
row "" "SE" (sqrt ((msPlate + msSample - msError) / 144.0)) (standardError p)

let s = reml pastes "strength ~ 1 + (1 | batch/cask)"
let batch, cask = 134.242 / 81.0, 25.301 / 3.0
row "Pastes, REML" "σ² batch" batch (variance "batch" s)
row "" "σ² batch:cask" cask (variance "batch:cask" s)
row "" "σ²" 0.678 (variance "Residual" s)
row "" "SE" (sqrt ((0.678 + 2.0 * cask + 6.0 * batch) / 60.0)) (standardError s)

let o = reml oats "yield ~ Variety * nitroF + (1 | Block) + (1 | Block:Variety)"
row "Oats, REML" "σ² Block" (10294.9 / 48.0) (variance "Block" o)
row "" "σ² Block:Variety" (7636.45 / 72.0) (variance "Block:Variety" o)
row "" "σ²" (2125.0 / 12.0) (variance "Residual" o)

(**
## NIST StRD, one-way analysis of variance

A model with one random factor on balanced data: σ² is the mean square within, and the factor's variance is (mean
square between − mean square within) / n. SmLs01 to 09 are made here: observation j of treatment i is the decimal c +
0.4 + 0.1 aᵢ + 0.1 aⱼ with a₁ = 0 and a_k = (−1)^(k−1); c is 1, 10⁶ or 10¹², read as the nearest double.
*)
let smls (offset: decimal) replicates =
    let a k =
        if k = 1 then 0m
        elif k % 2 = 0 then -1m
        else 1m

    let rows = [
        for i in 1..9 do
            for j in 1..replicates -> i, offset + 0.4m + 0.1m * a i + 0.1m * a j
    ]

    rows |> List.map (fun (i, _) -> string i), rows |> List.map (fun (_, y) -> Double.Parse(string y))

let frameOf (treatments: string list, values: float list) =
    Frame.ofColumns [ "treatment", Column.ofStrings treatments; "y", Column.ofFloats values ]
    |> orStop

(**
A double near 10¹² is a multiple of 2⁻¹³, so the data as read are not the decimals. Their own exact answer is the
analysis of variance of the doubles, here in integers: products with powers of two are exact.
*)
let exactOfDoubles (treatments: string list, values: float list) =
    let unit' = 2.0 ** (52.0 - floor (Math.Log2(List.min values)))

    let integers =
        values
        |> List.map (fun y -> BigInteger(y * unit') - BigInteger(values.Head * unit'))

    let groups =
        List.zip treatments integers
        |> List.groupBy fst
        |> List.map (snd >> List.map snd)

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

let oneWay case frame group between within =
    let fit = reml frame $"y ~ 1 + (1 | {group})"
    row case "σ² between" between (variance group fit)
    row "" "σ²" within (variance "Residual" fit)

let both case (made: string list * float list) between within =
    let frame = frameOf made
    oneWay case frame "treatment" between within
    exactOfDoubles made ||> oneWay $"{case}, doubles as read" frame "treatment"

for k, (offset, replicates) in List.allPairs [ 1m; 1000000m; 1000000000000m ] [ 21; 201; 2001 ] |> List.indexed do
    let certified = float (replicates - 1) * 0.01 / float replicates
    both $"SmLs0{k + 1}" (smls offset replicates) certified 0.01

let columns file group response =
    let frame = data file

    let values name =
        match Frame.tryColumn name frame with
        | Some(Column.Numeric values) -> List.ofSeq values
        | _ -> []

    values group |> List.map string, values response

both "SiRstv" (columns "sirstv" "instrument" "resistance") 0.00039094748 1.0831828e-2
both "AtmWtAg" (columns "atmwtag" "instrument" "weight") 1.42091080917874e-10 2.28155932971014e-10

(**
## Groups far apart

SmLs01 with treatment i raised by 0.1 i times a ratio: the standard deviation between treatments is about 2.7 times the
ratio, in units of that within. What the squares of the sums hold of σ² is lost below 2⁻⁵² of their own size.
*)
heading ()

for ratio in [ 100; 1000; 10000; 100000 ] do
    let treatments, values = smls 1m 21

    let raised =
        List.map2
            (fun treatment (y: float) ->
                Double.Parse(string (decimal y + 0.1m * decimal ratio * decimal (int treatment))))
            treatments
            values

    let made = treatments, raised
    exactOfDoubles made ||> oneWay $"ratio {ratio}" (frameOf made) "treatment"
