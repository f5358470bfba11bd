namespace LmmFunctional.Tests

open NUnit.Framework
open FsCheck.NUnit
open LmmFunctional
open LmmFunctional.Properties

/// <summary>The identities of the catalogue on random models and on the data sets with reference results.</summary>
[<TestFixture; Properties(Arbitrary = [| typeof<SmallModels> |])>]
module IdentityTests =

    [<Property(MaxTest = 1000)>]
    let ``every identity holds on a random model`` (model: RandomModel) =
        IdentityLaws.hold (RandomModel.fit model)

    // The way that a thousand rows and more are checked.
    [<Property(MaxTest = 40)>]
    let ``every identity holds by conjugate gradients, without n×n matrices`` (model: RandomModel) =
        let fit = RandomModel.fit model
        let checks = Identities.checkIn (Setting.ofChanged 0 id fit)

        Law.holds [
            for check in Identities.failures checks do
                $"{RandomModel.formula model}: {check.Name}, %A{check.Outcome}"

            yield! Law.isTrue "no identity was checked" (checks |> List.exists (fun check -> check.Holds = Some true))
        ]

    let private isSmall (case: Lmer.Case) =
        Lmer.text "data" case.Root <> Some "insteval.csv"

    let private smallCases () =
        Lmer.cases () |> List.filter isSmall |> List.map _.Id

    let private checkCase id =
        let case = Lmer.cases () |> List.find (fun case -> case.Id = id)
        Law.assertHolds (IdentityLaws.failures (Lmer.fit case))

    [<TestCaseSource(nameof smallCases)>]
    let ``every identity holds on the data of the reference results`` (id: string) = checkCase id

    // 73,421 rows and 4,100 effects: half a minute.
    [<Test; Explicit>]
    let ``every identity that needs no n×n matrices holds on insteval`` () = checkCase "insteval-crossed-reml"
