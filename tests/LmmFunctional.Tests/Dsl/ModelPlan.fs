namespace LmmFunctional.Tests

open FsCheck.FSharp
open LmmFunctional.Dsl

/// One part of a sum, to be said in words and in text.
type Part =
    | Main of string
    | Crossed of string * string
    | OnlyInteraction of string * string
    | AsFactor of string
    | Computed of string
    | Known of string

/// The random part of a model, to be said in words and in text.
type RandomPart = {
    Slopes: Part list
    Groups: string * string option
    AreIndependent: bool
}

/// A model, to be said in words and in text.
type ModelPlan = {
    Parts: Part list
    RandomParts: RandomPart list
    WeightedBy: string option
}

type PlanGenerators =

    static member private Name = Gen.elements [ "a"; "b"; "c"; "dose (mg)"; ".d" ]

    static member private Slope =
        let name, pair = PlanGenerators.Name, Gen.two PlanGenerators.Name

        Gen.oneof [
            Gen.map Main name
            Gen.map Crossed pair
            Gen.map OnlyInteraction pair
            Gen.map AsFactor name
            Gen.elements [ "log(a)"; "I(b^2)"; "poly(c, 2)" ] |> Gen.map Computed
        ]

    static member ModelPlan() =
        gen {
            let! parts =
                Gen.listOf (Gen.frequency [ 6, PlanGenerators.Slope; 1, Gen.map Known PlanGenerators.Name ])

            let randomPart =
                Gen.map3
                    (fun slopes groups independent -> {
                        Slopes = slopes
                        Groups = groups
                        AreIndependent = independent
                    })
                    (Gen.listOf PlanGenerators.Slope)
                    (Gen.zip (Gen.elements [ "g"; "site no" ]) (Gen.optionOf (Gen.constant "h")))
                    (Gen.elements [ true; false ])

            let! randomParts = Gen.listOf randomPart
            let! weightedBy = Gen.optionOf PlanGenerators.Name

            return {
                Parts = parts
                RandomParts = randomParts
                WeightedBy = weightedBy
            }
        }
        |> Arb.fromGen

/// A plan in words and in text.
module Plan =

    let private quoted (name: string) =
        if name.Contains ' ' then $"`{name}`" else name

    let private partText part =
        match part with
        | Main a -> quoted a
        | Crossed(a, b) -> $"{quoted a} * {quoted b}"
        | OnlyInteraction(a, b) -> $"{quoted a}:{quoted b}"
        | AsFactor a -> $"factor({quoted a})"
        | Computed text -> text
        | Known a -> $"offset({quoted a})"

    let private partWords part =
        match part with
        | Main a -> col a
        | Crossed(a, b) -> col a * col b
        | OnlyInteraction(a, b) -> interaction (col a) (col b)
        | AsFactor a -> factor a
        | Computed text -> expression text
        | Known a -> offset a

    let private sumText parts =
        String.concat " + " ("1" :: List.map partText parts)

    let sum parts =
        List.fold (fun sum part -> sum + partWords part) intercept parts

    let private randomText random =
        let bar = if random.AreIndependent then "||" else "|"

        let inner =
            snd random.Groups
            |> Option.map (fun group -> ":" + quoted group)
            |> Option.defaultValue ""

        $"({sumText random.Slopes} {bar} {quoted (fst random.Groups)}{inner})"

    let randomWords random =
        let grouped =
            match random.Groups with
            | group, None -> sum random.Slopes |> by group
            | outer, Some inner -> sum random.Slopes |> byInteraction [ outer; inner ]

        if random.AreIndependent then
            uncorrelated grouped
        else
            grouped

    let text plan =
        let sum =
            sumText plan.Parts :: List.map randomText plan.RandomParts
            |> String.concat " + "

        let clause =
            plan.WeightedBy |> Option.map (fun name -> $"; weights = {quoted name}")

        $"log(y) ~ {sum}" + Option.defaultValue "" clause

    let words plan =
        lmm {
            responseExpression "log(y)"
            fixed' (sum plan.Parts)

            for part in plan.RandomParts do
                random (randomWords part)

            for column in Option.toList plan.WeightedBy do
                weights column
        }

    let wordsBackwards plan =
        lmm {
            for column in Option.toList plan.WeightedBy do
                weights column

            residual independent

            for part in plan.RandomParts do
                random (randomWords part)

            fixed' (sum plan.Parts)
            responseExpression "log(y)"
        }

    let wordByWord plan =
        lmm {
            for part in plan.Parts do
                fixed' (sum [ part ])

            responseExpression "log(y)"
            fixed' intercept

            for part in plan.RandomParts do
                random (randomWords part)

            match plan.WeightedBy with
            | Some column -> weights column
            | None -> ()
        }
