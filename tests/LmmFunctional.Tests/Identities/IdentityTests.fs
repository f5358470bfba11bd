/// <summary>The identities of the catalogue on random models.</summary>
module LmmFunctional.Tests.IdentityTests

open Expecto
open LmmFunctional
open LmmFunctional.Verification
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<SmallModels> ]
}

let private failuresIn limit model =
    let fit = RandomModel.fit model
    let checks = Identities.checkIn (Setting.ofChanged limit id fit)

    [
        for check in Identities.failures checks do
            $"{RandomModel.formula model}: {check.Name}, %A{check.Outcome}"
    ]

[<Tests>]
let tests =
    testList "IdentityTests" [
        testPropertyWithConfig
            { config with maxTest = 1000 }
            "every identity holds on a random model"
            (fun (model: RandomModel) ->
                if RandomModel.isIdentified model then
                    IdentityLaws.hold (RandomModel.fit model)
                else
                    Law.holds [])

        testPropertyWithConfig
            {
                config with
                    arbitrary = [ typeof<StructuredSmallModels> ]
                    maxTest = 1000
            }
            "every identity holds on a random model with structures"
            (fun (model: RandomModel) -> IdentityLaws.hold (RandomModel.fit model))

        // Found by chance: at its optimum a small variance has no curvature but what rounding leaves of the score.
        testPropertyWithConfig
            {
                config with
                    arbitrary = [ typeof<StructuredSmallModels> ]
                    maxTest = 1
            }
            "every identity holds on model 999503"
            (fun (model: RandomModel) -> IdentityLaws.hold (RandomModel.fit model))

        // The way that a thousand rows and more are checked.
        testPropertyWithConfig
            { config with maxTest = 40 }
            "every identity holds by conjugate gradients, without n×n matrices"
            (fun (model: RandomModel) -> Law.holds (failuresIn 0 model))

        testPropertyWithConfig
            {
                config with
                    arbitrary = [ typeof<StructuredSmallModels> ]
                    maxTest = 60
            }
            "the same with structures"
            (fun (model: RandomModel) -> Law.holds (failuresIn 0 model))

        testPropertyWithConfig
            {
                config with
                    arbitrary = [ typeof<StructuredSmallModels> ]
                    maxTest = 200
            }
            "a random model prints and comes again"
            (fun (model: RandomModel) ->
                let text (column: string * Column) = sprintf "%A" column
                let again = { model with Seed = model.Seed }

                Law.holds [
                    yield! Law.isTrue "its formula" (string (RandomModel.spec model) = string (RandomModel.spec again))

                    yield!
                        Law.isTrue
                            "its data"
                            (List.map text (RandomModel.columns model) = List.map text (RandomModel.columns again))
                ])

        testPropertyWithConfig
            {
                config with
                    arbitrary = [ typeof<StructuredSmallModels> ]
                    maxTest = 100
            }
            "shrinking ends, with models that can be written"
            (fun (model: RandomModel) ->
                let rec ends count model =
                    match Seq.tryHead (RandomModel.shrink model) with
                    | None -> count
                    | Some simpler -> if count > 100 then count else ends (count + 1) simpler

                Law.holds [
                    yield! Law.atMost "steps" 20.0 (float (ends 0 model))

                    for simpler in RandomModel.shrink model do
                        yield!
                            Law.isTrue
                                (RandomModel.formula simpler)
                                (Result.isOk (Formula.parse (RandomModel.formula simpler)))
                ])
    ]
