/// <summary>Another response of the rows of a fit.</summary>
module LmmFunctional.Tests.RefitTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<SmallModels> ]
        maxTest = 30
}

/// A refit is the fit of data with that response.
let private isFit (model: RandomModel) =
    let fit = RandomModel.fit model

    match Lmm.simulate 7 1 fit with
    | Error _ -> []
    | Ok responses ->
        let frame = RandomModel.frame model
        let values: float[] = Array.create frame.Rows nan
        fit.Design.Rows |> Seq.iteri (fun k row -> values[row] <- responses[0].[k])
        let changed = Frame.withColumn "y" (Column.ofFloats values) frame |> Models.value

        match Lmm.refit responses[0] fit, Lmm.fit (RandomModel.options model) changed (RandomModel.spec model) with
        | Ok own, Ok whole when own.Certificate.IsConverged && whole.Certificate.IsConverged ->
            let tolerance = 1e-6 * (1.0 + abs whole.CriterionValue)
            Law.near (RandomModel.formula model) tolerance whole.CriterionValue own.CriterionValue
        | _ -> []

let private sleep =
    lazy Fitted.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)"

[<Tests>]
let tests =
    testList "RefitTests" [
        testPropertyWithConfig config "a refit is the fit of data with that response" (isFit >> Law.holds)

        testCase "what is no response is refused" (fun () ->
            let refused (response: float[]) =
                Expect.throwsT<ArgumentException>
                    (fun () -> Lmm.refit response sleep.Value |> ignore)
                    $"{response.Length}"

            refused [| 1.0 |]
            refused (Array.init 180 (fun row -> if row = 4 then infinity else float row))
            refused (Array.init 180 (fun row -> if row = 4 then nan else float row))

            match Lmm.refit (Array.create 180 2.0) sleep.Value with
            | Ok _ -> failtest "a constant was fitted"
            | Error problems ->
                Check.contains "Reaction" (problems |> List.map LmmError.describe |> String.concat "\n"))
    ]
