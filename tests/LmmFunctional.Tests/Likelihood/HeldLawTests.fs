/// <summary>Likelihoods with covariance parameters held against dense matrices and central differences.</summary>
module LmmFunctional.Tests.HeldLawTests

open System
open System.Collections.Immutable
open Expecto
open LmmFunctional
open LmmFunctional.Estimation

let private config = {
    Law.config with
        arbitrary = [ typeof<StructuredModels> ]
        maxTest = 60
}

let private orRaise result =
    match result with
    | Ok value -> value
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

let private largest (values: float seq) =
    values |> Seq.fold (fun m v -> max m (abs v)) 1.0

/// The likelihood with about a third of the parameters that can be held alone held at what they are at a θ, σ² perhaps
/// among them; and the point.
let private holdingSome seed (likelihood: LogLikelihood) =
    let random = Random(seed: int)

    let point = {
        Theta = StructuredModel.theta likelihood seed
        Variance = Some(0.5 + random.NextDouble())
    }

    let alone = [
        for block in likelihood.Parameters do
            let supports = NamedParameters.supports block

            for index in 0 .. block.Count - 1 do
                if supports[index].Count = 1 then
                    block.Names[index]
        NamedParameters.residualName
    ]

    let known =
        Map [
            for name in alone do
                if random.NextDouble() < 0.35 then
                    name, ParameterValue.at likelihood point name
        ]

    LogLikelihood.holding known likelihood |> orRaise, point

let private difference (values: ImmutableArray<float> -> float[]) (at: ImmutableArray<float>) k =
    let h = 1e-3
    let value step = values (at.SetItem(k, at[k] + step))

    let near, far =
        Array.map2 (-) (value h) (value -h), Array.map2 (-) (value (2.0 * h)) (value (-2.0 * h))

    Array.map2 (fun near far -> (8.0 * near - far) / (12.0 * h)) near far

let private where (model: StructuredModel) (likelihood: LogLikelihood) =
    let held = likelihood.Held.Known |> Map.toList |> List.map fst |> String.concat ", "
    $"{StructuredModel.formula model}, held {held}"

[<Tests>]
let tests =
    testList "HeldLawTests" [
        testPropertyWithConfig
            config
            "held parameters have their values, whatever the others are"
            (fun (model: StructuredModel) (seed: int) ->
                let held, _ = StructuredModel.likelihood model |> holdingSome seed
                let random = Random(seed: int)

                let anywhere =
                    held.Objective.Start
                    |> Seq.map (fun value -> value + random.NextDouble() - 0.5)
                    |> ImmutableArray.CreateRange

                let point = LogLikelihood.pointAt held anywhere

                Law.holds [
                    for KeyValue(name, value) in held.Held.Known do
                        yield!
                            Law.relative $"{where model held}: {name}" 1e-9 value (ParameterValue.at held point name)
                ])

        testPropertyWithConfig config "the criterion equals the dense one" (fun (model: StructuredModel) (seed: int) ->
            let free = StructuredModel.likelihood model
            let held, point = holdingSome seed free
            let dense = DenseMarginal(free, point.Theta)

            let expected =
                if held.Held.IsProfiled then
                    dense.Criterion
                else
                    dense.CriterionAt point.Variance.Value

            let estimated = HeldParameters.project held.Held point.Theta point.Variance.Value
            let actual = (held.Objective.Evaluate estimated Order.Value).Value
            Law.holds (Law.near (where model held) (1e-9 * max 1.0 (abs expected)) expected actual))

        testPropertyWithConfig
            config
            "gradient and observed information equal central differences"
            (fun (model: StructuredModel) (seed: int) ->
                let held, point = StructuredModel.likelihood model |> holdingSome seed
                let at = HeldParameters.project held.Held point.Theta point.Variance.Value
                let evaluate order at = held.Objective.Evaluate at order
                let found = evaluate (Order.Curvature Information.Observed) at
                let value at = [| (evaluate Order.Value at).Value |]

                let gradient at =
                    Array.ofSeq (evaluate Order.Gradient at).Gradient

                let name = where model held

                Law.holds [
                    yield!
                        Law.nearAll
                            $"{name}, gradient"
                            (1e-6 * largest found.Gradient)
                            (Array.init at.Length (fun k -> (difference value at k)[0]))
                            found.Gradient

                    for k in 0 .. at.Length - 1 do
                        yield!
                            Law.nearAll
                                $"{name}, column {k}"
                                (1e-5 * largest found.Curvature.Values)
                                (difference gradient at k)
                                (found.Curvature.Column k)
                ])

        // At an optimum of the others the partial derivative is the derivative: at any other point they are left as they are,
        // and σ² with them.
        testPropertyWithConfig
            config
            "the slope by a held parameter is that of the criterion"
            (fun (model: StructuredModel) (seed: int) ->
                let held, point = StructuredModel.likelihood model |> holdingSome seed
                let at = HeldParameters.project held.Held point.Theta point.Variance.Value
                let center = LogLikelihood.pointAt held at

                Law.holds [
                    for KeyValue(name, value) in held.Held.Known do
                        let h = 1e-4 * (abs value + 1e-3)

                        let valueAt step =
                            let moved =
                                LogLikelihood.holding (held.Held.Known.Add(name, value + step)) held |> orRaise

                            (moved.Objective.Evaluate at Order.Value).Value

                        let expected = (valueAt h - valueAt -h) / (2.0 * h)
                        let actual = ParameterValue.slope held center name
                        yield! Law.near $"{where model held}: {name}" (1e-4 * max 1.0 (abs expected)) expected actual
                ])

        testPropertyWithConfig
            config
            "average and expected information are positive semidefinite with log σ² as a coordinate"
            (fun (model: StructuredModel) (seed: int) ->
                let held, point = StructuredModel.likelihood model |> holdingSome seed
                let at = HeldParameters.project held.Held point.Theta point.Variance.Value

                Law.holds [
                    if held.Held.HasScale then
                        for information in [ Information.Average; Information.Expected ] do
                            let curvature = (held.Objective.Evaluate at (Order.Curvature information)).Curvature
                            let struct (values, _) = Semidefinite.eigen curvature.Rows curvature.Values
                            let lowest = -1e-8 * largest values
                            yield! Law.isTrue $"{where model held}, {information}: {values[0]}" (values[0] >= lowest)
                ])
    ]
