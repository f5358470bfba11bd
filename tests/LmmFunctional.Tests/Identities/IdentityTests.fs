namespace LmmFunctional.Tests

open NUnit.Framework
open FsCheck.NUnit
open LmmFunctional
open LmmFunctional.Properties

/// <summary>The identities of the catalogue on random models.</summary>
[<TestFixture; Properties(Arbitrary = [| typeof<SmallModels> |])>]
module IdentityTests =

    let private failuresIn limit model =
        let fit = RandomModel.fit model
        let checks = Identities.checkIn (Setting.ofChanged limit id fit)

        [
            for check in Identities.failures checks do
                $"{RandomModel.formula model}: {check.Name}, %A{check.Outcome}"
        ]

    [<Property(MaxTest = 1000)>]
    let ``every identity holds on a random model`` (model: RandomModel) =
        IdentityLaws.hold (RandomModel.fit model)

    [<Property(MaxTest = 1000, Arbitrary = [| typeof<StructuredSmallModels> |])>]
    let ``every identity holds on a random model with structures`` (model: RandomModel) =
        IdentityLaws.hold (RandomModel.fit model)

    // Found by chance: at its optimum a small variance has no curvature but what rounding leaves of the score.
    [<Property(MaxTest = 1,
               Arbitrary = [| typeof<StructuredSmallModels> |],
               Replay = "(2394198486605502525,18397857138689510727,12)")>]
    let ``every identity holds on model 999503`` (model: RandomModel) =
        IdentityLaws.hold (RandomModel.fit model)

    // The way that a thousand rows and more are checked.
    [<Property(MaxTest = 40)>]
    let ``every identity holds by conjugate gradients, without n×n matrices`` (model: RandomModel) =
        Law.holds (failuresIn 0 model)

    [<Property(MaxTest = 60, Arbitrary = [| typeof<StructuredSmallModels> |])>]
    let ``the same with structures`` (model: RandomModel) = Law.holds (failuresIn 0 model)

    [<Property(MaxTest = 200, Arbitrary = [| typeof<StructuredSmallModels> |])>]
    let ``a random model prints and comes again`` (model: RandomModel) =
        let text (column: string * Column) = sprintf "%A" column
        let again = { model with Seed = model.Seed }

        Law.holds [
            yield! Law.isTrue "its formula" (string (RandomModel.spec model) = string (RandomModel.spec again))

            yield!
                Law.isTrue
                    "its data"
                    (List.map text (RandomModel.columns model) = List.map text (RandomModel.columns again))
        ]

    [<Property(MaxTest = 100, Arbitrary = [| typeof<StructuredSmallModels> |])>]
    let ``shrinking ends, with models that can be written`` (model: RandomModel) =
        let rec ends count model =
            match Seq.tryHead (RandomModel.shrink model) with
            | None -> count
            | Some simpler -> if count > 100 then count else ends (count + 1) simpler

        Law.holds [
            yield! Law.atMost "steps" 20.0 (float (ends 0 model))

            for simpler in RandomModel.shrink model do
                yield!
                    Law.isTrue (RandomModel.formula simpler) (Result.isOk (Formula.parse (RandomModel.formula simpler)))
        ]
