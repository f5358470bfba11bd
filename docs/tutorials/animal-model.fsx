(**
# An animal model

Breeders want to know which animals have the better genes, from records of the animals and their pedigree. The example
is that of Mrode in "Linear Models for the Prediction of Animal Breeding Values", example 3.1: the gain of five calves
before weaning, in kilograms. Three parents have no records.

Run the script after a build: `dotnet fsi docs/tutorials/animal-model.fsx`.
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Dsl
open LmmFunctional.Analysis

let pedigree =
    Pedigree.ofRows [ "4", "1", ""; "5", "3", "2"; "6", "1", "2"; "7", "4", "5"; "8", "3", "6" ]
    |> orStop

let calves =
    [ {| calf = "4"; sex = "male"; gain = 4.5 |}
      {| calf = "5"; sex = "female"; gain = 2.9 |}
      {| calf = "6"; sex = "female"; gain = 3.9 |}
      {| calf = "7"; sex = "male"; gain = 3.5 |}
      {| calf = "8"; sex = "male"; gain = 5.0 |} ]
    |> Records.toFrame
    |> orStop

(**
## Breeding values with known variances

The additive effects of the animals have the covariance σ²ₐA, A the relationship matrix of the pedigree. Five records do
not estimate two variances, so Mrode takes them as known: σ²ₐ = 20 and σ² = 40.
*)
let model =
    lmm {
        response "gain"
        fixed' (col "sex")
        random (intercept |> by "calf" |> relatedBy "A")
    }

let options = {
    FitOptions.defaults with
        Known = Map [ ("A", Relationship.ofPedigree pedigree) ]
        Held = Map [ "calf.(Intercept)", 20.0; "Residual", 40.0 ]
}

let fit = Lmm.fit options calves model |> orStop
let values = Fit.randomEffects fit |> List.head

for j in 0 .. values.Levels.Length - 1 do
    printfn
        "animal %s: breeding value %7.3f, reliability %.3f"
        values.Levels[j]
        values.Modes[j, 0]
        values.Reliabilities[j, 0]

fit.Coefficients |> List.iter (printfn "%O")
(*** include-output ***)
(*** hide ***)
let breedingValue animal = values.Modes[values.Levels.IndexOf animal, 0]
stated "0.183" (breedingValue "8")
stated "0.098" (breedingValue "1")
stated "-0.041" (breedingValue "3")
stated "4.36" fit.Coefficients[1].Estimate
stated "3.40" fit.Coefficients[0].Estimate
(**
These are the numbers of the book: calf 8 has the highest breeding value, 0.183; males gain 4.36 and females 3.40.
Animals without records have values too, from their offspring: sire 1 has 0.098, sire 3 has -0.041. The matrix A is never
formed: its inverse is sparse, by Henderson's rules, and the equations are factored in an order that keeps them so.

## Estimating the heritability

For variances there have to be more animals. A herd of known truth shows what an estimate is worth: 6 sires, 30 dams a
generation, five generations, h² = 0.4.
*)
let random = System.Random 20

let generations, sires, dams, litter = 5, 6, 30, 120

let herd =
    let mutable parents = [| for i in 1 .. litter -> $"g0a%03d{i}" |]

    [
        for animal in parents do
            animal, "", ""

        for generation in 1..generations do
            random.Shuffle parents
            let fathers, mothers = Array.take sires parents, parents[sires .. sires + dams - 1]

            let young = [|
                for i in 1..litter do
                    $"g{generation}a%03d{i}", fathers[random.Next sires], mothers[random.Next dams]
            |]

            yield! young
            parents <- young |> Array.map (fun (animal, _, _) -> animal)
    ]

let animals =
    herd
    |> List.mapi (fun i (animal, _, _) -> {| animal = animal; sex = (if i % 2 = 0 then "male" else "female") |})
    |> Records.toFrame
    |> orStop

let related = Map [ ("A", Relationship.ofPedigree (Pedigree.ofRows herd |> orStop)) ]
let weight = Formula.parse "weight ~ sex + known(A | animal)" |> orStop

let truth = {
    Fixed = Map [ "(Intercept)", 100.0; "sexmale", 8.0 ]
    Covariance = Map [ "animal.(Intercept)", 40.0; "Residual", 60.0 ]
}

let simulator = Simulator.ofParameters related truth weight animals |> orStop
let weights = Simulator.response 7 1 simulator
let records = animals |> Frame.withColumn "weight" (Column.ofFloats weights) |> orStop
let herdFit = Lmm.fit { FitOptions.defaults with Known = related } records weight |> orStop
let heritability = RSquared.heritability 0 herdFit

printfn "%d animals" herdFit.Observations
herdFit.VarianceComponents |> List.iter (printfn "%O")
printfn "h2 = %.3f, standard error %.3f" heritability.Estimate heritability.StandardError.Value
(*** include-output ***)
(*** hide ***)
stated "0.49" heritability.Estimate
stated "0.07" heritability.StandardError.Value

(**
The estimate is 0.49 with a standard error of 0.07, a little more than one above the truth of 0.4. The interval by the
profile of the likelihood holds the truth:
*)
let share = RSquared.shareOf 0 herdFit

let interval =
    Profile.interval 0.95 (ProfileTarget.Function("h2", Some(0.0, 1.0), share)) herdFit |> orStop

printfn "h2 %.3f (%.3f to %.3f)" interval.Estimate interval.Lower.Value interval.Upper.Value
(*** include-output ***)
(*** hide ***)
if not (interval.Lower.Value < 0.4 && 0.4 < interval.Upper.Value) then
    eprintfn "The text says that the interval holds the truth."
    exit 1

(**
## How good are the breeding values?

The reliability is the squared correlation of a breeding value with its prediction. Its mean over all animals, and over the
youngest generation, from which the next parents are chosen:
*)
let herdValues = Fit.randomEffects herdFit |> List.head

let meanReliability (isWanted: string -> bool) =
    [ 0 .. herdValues.Levels.Length - 1 ]
    |> List.filter (fun j -> isWanted herdValues.Levels[j])
    |> List.averageBy (fun j -> herdValues.Reliabilities[j, 0])

printfn "all %.2f, the youngest %.2f" (meanReliability (fun _ -> true)) (meanReliability (fun name -> name.StartsWith "g5"))
(*** include-output ***)
(*** hide ***)
stated "0.66" (meanReliability (fun name -> name.StartsWith "g5"))
(**
0.66 is a correlation of about 0.8 for calves that have no offspring yet: their own record, their parents, and their many
half sibs tell it.
*)
